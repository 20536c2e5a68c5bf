/* Alerts in the chart: a mark for each in the lane beneath the candles, with its explanation while one points at it.

The marks are one stop of the tab key; the arrow keys go from one to the next. */

import { element, show } from "../dom.js";
import { presented } from "../time.js";
import * as words from "../words.js";

/* Marks that are closer than that (px) become one, with their number. */
const CLOSEST = 18;
const HALF = 13;
const MOST_TOLD = 4;
const EXPLAINED = ["macdv", "signal", "histogram", "stage", "close", "entryPrice", "limitPrice", "changePercentage"];

/**
 * Put alerts that share a mark together: `[{x, openTime, alerts}]`, from left to right.
 * `xOf(openTime)`: where a bar is, or null where it is not in view.
 */
export function clustered(alerts, xOf) {
  const placed = alerts
    .map((alert) => ({ alert, x: xOf(alert.openTime) }))
    .filter(({ x }) => x !== null)
    .sort((a, b) => a.x - b.x);
  const found = [];
  for (const { alert, x } of placed) {
    const near = found.at(-1);
    if (near && x - near.from < CLOSEST) {
      near.alerts.push(alert);
      near.x = (near.from + x) / 2;
      near.openTime = alert.openTime;
    } else found.push({ from: x, x, openTime: alert.openTime, alerts: [alert] });
  }
  return found;
}

export class Markers {
  /* `holder`: the lane; `tip`: where explanations appear; `onChosen(cluster)`: a mark was pressed. */
  constructor(holder, tip, onChosen) {
    this.holder = holder;
    this.tip = tip;
    this.onChosen = onChosen;
    this.clusters = [];
    holder.addEventListener("keydown", (event) => this.#key(event));
    holder.addEventListener("focusin", (event) => this.#explain(event.target));
    holder.addEventListener("focusout", () => this.#hide());
    holder.addEventListener("pointerover", (event) => this.#explain(event.target.closest("button")));
    holder.addEventListener("pointerout", () => this.#hide());
    holder.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.onChosen(this.#of(button));
    });
  }

  draw(course, { layout, places }) {
    const xOf = (openTime) => {
      const index = course.indexOf(openTime);
      const x = course.bars[index]?.openTime === openTime ? places.x(index) : -1;
      return x >= 0 && x <= layout.right ? x : null;
    };
    this.clusters = clustered(course.alerts, xOf);
    this.holder.style.top = `${layout.lane.top}px`;
    this.holder.style.height = `${layout.lane.bottom - layout.lane.top}px`;
    this.layout = layout;
    const keys = this.clusters.map(keyOf);
    const known = new Map([...this.holder.children].map((button) => [button.dataset.key, button]));
    const buttons = this.clusters.map((cluster, place) => known.get(keys[place]) ?? mark(cluster, keys[place]));
    /* Those that stay keep the focus and the pointer. */
    for (const [key, button] of known) if (!keys.includes(key)) button.remove();
    buttons.forEach((button, place) => {
      if (this.holder.children[place] !== button) this.holder.insertBefore(button, this.holder.children[place] ?? null);
      button.style.left = `${Math.min(Math.max(this.clusters[place].x, HALF), layout.right - HALF)}px`;
    });
    this.#oneStop(this.holder.querySelector("button:focus") ?? this.holder.querySelector('[tabindex="0"]') ?? buttons.at(-1));
    if (this.explained && !this.explained.isConnected) this.#hide();
  }

  #of(button) {
    return this.clusters[[...this.holder.children].indexOf(button)];
  }

  #key(event) {
    const buttons = [...this.holder.children];
    const place = buttons.indexOf(event.target);
    const to = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (event.key === "Escape") this.#hide();
    if (to === undefined || place < 0) return;
    event.preventDefault();
    const wanted = buttons[Math.min(Math.max(to, 0), buttons.length - 1)];
    this.#oneStop(wanted);
    wanted.focus();
  }

  #oneStop(wanted) {
    for (const button of this.holder.children) button.tabIndex = button === wanted ? 0 : -1;
  }

  #explain(button) {
    const cluster = button && this.#of(button);
    if (!cluster) return;
    this.explained = button;
    this.tip.replaceChildren(...explanation(cluster));
    show(this.tip, true);
    const widest = this.tip.offsetWidth;
    const left = Math.min(Math.max(cluster.x - widest / 2, 4), Math.max(this.layout.width - widest - 4, 4));
    this.tip.style.left = `${left}px`;
    this.tip.style.bottom = `${this.layout.height - this.layout.lane.top + 4}px`;
  }

  #hide() {
    this.explained = null;
    show(this.tip, false);
  }
}

function keyOf(cluster) {
  return cluster.alerts.map((alert) => `${alert.id}${alert.withdrawnAt ? "-" : ""}`).join(" ");
}

function mark(cluster, key) {
  const [first] = cluster.alerts;
  const all = (test) => cluster.alerts.every(test);
  const names = ["marker"];
  if (all((alert) => alert.kind === first.kind)) names.push(`kind-${first.kind}`);
  if (all((alert) => alert.late)) names.push("late");
  if (all((alert) => alert.withdrawnAt)) names.push("withdrawn");
  return element(
    "button",
    { type: "button", class: names.join(" "), "data-key": key, "aria-label": spoken(cluster) },
    cluster.alerts.length > 1 ? String(cluster.alerts.length) : glyph(first),
  );
}

function glyph(alert) {
  const { direction } = alert.indicators;
  switch (alert.kind) {
    case "crossover":
      return direction === "down" ? "▼" : "▲";
    case "reversal":
      return direction === "down" ? "↷" : "↶";
    case "level":
      return words.number(alert.level ?? 0);
    case "momentum-shift":
      return "◆";
    case "stop-loss":
      return "✕";
    case "take-profit":
      return "✓";
    default:
      return "●";
  }
}

/* What became of it, where that is not the usual. */
export function fate(alert) {
  return [alert.late ? "late" : "", alert.withdrawnAt ? "withdrawn" : ""].filter(Boolean);
}

function spoken({ alerts }) {
  return alerts
    .slice(0, MOST_TOLD)
    .map((alert) => [presented().absolute(alert.openTime), words.happened(alert), ...fate(alert)].join(", "))
    .concat(alerts.length > MOST_TOLD ? [`and ${alerts.length - MOST_TOLD} more`] : [])
    .join("; ");
}

function explanation({ alerts }) {
  const told = alerts.slice(0, MOST_TOLD).map((alert) =>
    element(
      "div",
      { class: alert.withdrawnAt ? "told withdrawn" : "told" },
      element("strong", { class: "happened" }, words.happened(alert)),
      ...fate(alert).map((word) => element("span", { class: `tag tone-${word === "late" ? "held" : "warn"}` }, word)),
      element("span", { class: "line quiet small" }, `${presented().absolute(alert.openTime)} · ${alert.kind}`),
      element("span", { class: "line small" }, values(alert)),
    ),
  );
  if (alerts.length > MOST_TOLD) told.push(element("p", { class: "quiet small" }, `and ${alerts.length - MOST_TOLD} more`));
  return told;
}

function values(alert) {
  const told = EXPLAINED.filter((name) => name in alert.indicators);
  const only = { ...alert, indicators: Object.fromEntries(told.map((name) => [name, alert.indicators[name]])) };
  const write = (name, value) => presented().value(name, value, alert.symbol);
  return words.values(only, write).map(([name, value]) => `${name} ${value}`).join(" · ");
}
