/* Short messages at the edge of the page: what went well goes away by itself, what did not stays until it is closed. */

import { byId, element } from "../../runtime/dom.js";

const SHOWN_MS = 6_000;

/* Toasts keep above the bar, whose height changes with what it tells. */
export function keepAbove(bar) {
  const measure = () => document.documentElement.style.setProperty("--bar-height", `${bar.offsetHeight}px`);
  new ResizeObserver(measure).observe(bar);
  measure();
}

/* Both regions stand in the page from the start, since a screen reader reads out only what changes in a known one. */
export function succeeded(text) {
  const toast = add("toast-successes", text, "good");
  setTimeout(() => toast.remove(), SHOWN_MS);
}

export function failed(text) {
  add("toast-failures", text, "bad");
}

export function clearFailures() {
  byId("toast-failures").replaceChildren();
}

function add(region, text, tone) {
  const close = element("button", { type: "button", class: "toast-close", "aria-label": "Close this message" }, "×");
  const toast = element("div", { class: `toast toast-${tone}` }, element("p", {}, text), close);
  close.addEventListener("click", () => toast.remove());
  byId(region).append(toast);
  return toast;
}
