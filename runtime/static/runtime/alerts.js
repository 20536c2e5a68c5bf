/* Recent alerts, each with what explains it. */

import { byId, element, show } from "./dom.js";
import { absolute, moment, presented } from "./time.js";
import * as words from "./words.js";

const MOST = 20;

/* What the list shows, newest first. */
let known = [];

/* The server has painted these. */
export function beginWith(alerts) {
  known = alerts;
}

/* The same alerts again, in the way that things are shown now. */
export function showAgain() {
  showAlerts(known);
}

export function showAlerts(alerts) {
  known = alerts;
  const list = byId("alerts");
  const open = new Set([...list.querySelectorAll("li:has(details[open])")].map((item) => item.dataset.id));
  list.replaceChildren(...alerts.slice(0, MOST).map((alert) => alertRow(alert, open.has(alert.id))));
  show(byId("no-alerts"), alerts.length === 0);
}

/* A new one comes on top; one that is there already is not shown twice. One that was withdrawn comes once more. */
export function addAlert(alert) {
  const list = byId("alerts");
  const shown = list.querySelector(`[data-id="${CSS.escape(alert.id)}"]`);
  if (alert.withdrawnAt) {
    known = known.map((one) => (one.id === alert.id ? { ...one, withdrawnAt: alert.withdrawnAt } : one));
    const one = known.find((each) => each.id === alert.id);
    if (shown && one) shown.replaceWith(alertRow(one, shown.querySelector("details").open));
    return;
  }
  if (shown) return;
  known = [alert, ...known].slice(0, MOST);
  const added = alertRow(alert, false);
  added.classList.add("fresh");
  list.prepend(added);
  while (list.children.length > MOST) list.lastElementChild.remove();
  show(byId("no-alerts"), false);
}

/* What became of one on a channel; one that is not shown here changes nothing. */
export function noteDelivery({ alertId, channel, state, attempts, at, error }) {
  const found = known.find((alert) => alert.id === alertId);
  if (!found) return;
  const sent = { ...found.delivery?.sent, [channel]: { state, attempts, at, error } };
  const delivery = { ...found.delivery, sent };
  showAlerts(known.map((alert) => (alert === found ? { ...alert, delivery } : alert)));
}

/* An alert's line, with what explains it to unfold. */
export function alertRow(alert, open) {
  const write = (name, value) => presented().value(name, value, alert.symbol);
  const values = words.values(alert, write).map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value)),
  );
  const due = words.delivery(alert);
  const held = alert.late ? "" : alert.delivery?.heldBack;
  return element(
    "li",
    { class: alert.withdrawnAt ? "alert withdrawn" : "alert", "data-id": alert.id },
    element(
      "details",
      { open: open ? "" : null },
      element(
        "summary",
        {},
        element("span", { class: `kind kind-${alert.kind}` }, alert.kind),
        element("strong", { class: "symbol", title: `${alert.exchange}:${alert.symbol}` }, alert.symbol),
        element("span", { class: "timeframe" }, alert.timeframe),
        element(
          "span",
          { class: "happened" },
          words.happened(alert),
          alert.late ? tag("held", "late", "Its candle closed while nobody was to be notified") : null,
          held ? tag("held", "held back", `Not notified: ${held}`) : null,
          alert.delivery?.tradingMode === "live" ? tag("bad", "live", "Raised in trading mode live") : null,
          alert.withdrawnAt ? tag("warn", "withdrawn", null) : null,
        ),
        element("span", { class: "end quiet" }, moment(alert.timestamp ?? alert.openTime)),
      ),
      element("dl", { class: "values" }, ...values),
      due ? element("p", { class: "small due" }, due) : null,
      element(
        "p",
        { class: "small quiet" },
        `${alert.exchange}:${alert.symbol} · ${alert.timeframe} candle of `,
        element("time", { datetime: new Date(alert.openTime).toISOString() }, absolute(alert.openTime)),
        ` · mode ${alert.mode} · settings version ${alert.settingsVersion} · series from ${absolute(alert.firstBar)}${tradingMode(alert)}`,
        ...chartLink(alert),
      ),
    ),
  );
}

/* Where its bar is in the chart, for whom that is there. */
function chartLink({ exchange, symbol, timeframe, openTime }) {
  const { chart } = byId("alerts").dataset;
  if (!chart) return [];
  const query = new URLSearchParams({ symbol: `${exchange}:${symbol}`, timeframe, at: openTime });
  return [" · ", element("a", { href: `${chart}?${query}` }, "Chart")];
}

function tradingMode(alert) {
  return alert.delivery?.tradingMode ? ` · trading mode ${alert.delivery.tradingMode}` : "";
}

function tag(tone, text, title) {
  return element("span", { class: `tag tone-${tone}`, title }, text);
}
