/* Keys for the controls, and the overlay that lists them. */

import { byId, element } from "./dom.js";

export function bindShortcuts(forms) {
  const keys = new Map();
  for (const form of forms) {
    const button = form.querySelector("[aria-keyshortcuts]");
    if (button) keys.set(button.getAttribute("aria-keyshortcuts").toLowerCase(), { form, button });
  }
  list(keys);
  byId("show-shortcuts").addEventListener("click", () => byId("shortcuts").showModal());
  document.addEventListener("keydown", (event) => {
    /* Ctrl, Alt and Meta are the browser's. */
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "?") {
      event.preventDefault();
      byId("shortcuts").showModal();
      return;
    }
    const found = keys.get(event.key.toLowerCase());
    if (!found || event.repeat) return;
    event.preventDefault();
    use(found);
  });
}

/* A control with something to fill in gets the focus; what needs nothing is sent. */
function use({ form, button }) {
  form.scrollIntoView({ block: "nearest" });
  const field = form.querySelector("select, input");
  const sends = ["pause", "resume", "reload-settings", "clear-cache", "rollback"].includes(form.dataset.command);
  if (button.disabled) return;
  if (sends) form.requestSubmit(button);
  else field.focus();
}

function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName));
}

function list(keys) {
  const rows = [...keys].map(([key, { form }]) => {
    const title = form.querySelector("h3").textContent;
    return element("div", {}, element("dt", {}, element("kbd", {}, key.toUpperCase())), element("dd", {}, title));
  });
  rows.push(element("div", {}, element("dt", {}, element("kbd", {}, "?")), element("dd", {}, "This list")));
  byId("shortcut-list").replaceChildren(...rows);
}
