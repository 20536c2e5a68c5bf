/* What one bar says in figures, what the bars in view say in words, and the last bars as a table. */

import { byId, element, say, show } from "../dom.js";
import { presented } from "../time.js";
import { count, happened } from "../words.js";
import { fate } from "./markers.js";
import { isKnown } from "./picture.js";
import { fixed, pricePlaces } from "./scale.js";

const ROWS = 20;

/* Tell of one bar; without one nothing is known. */
export function showReadout(course, index, settledBars) {
  const bar = course.bars[index];
  const [open, high, low, close, macdv, signal, histogram] = bar ? figures(bar) : Array(7).fill("–");
  say(byId("read-time"), bar ? presented().absolute(bar.openTime) : "–");
  Object.entries({ open, high, low, close, macdv, signal, histogram }).forEach(([name, text]) => say(byId(`read-${name}`), text));
  say(byId("read-volume"), bar ? presented().number(bar.volume) : "–");
  say(byId("read-stage"), bar && isKnown(bar) ? bar.stage : "–");
  byId("read-stage").className = bar && isKnown(bar) ? `stage-name stage-${bar.stage}` : "";
  say(byId("read-note"), bar ? remarks(course, index, settledBars).join(" · ") : "");
}

/* A bar's figures as text: open, high, low, close, MACD-V, signal, histogram. */
function figures(bar) {
  const places = pricePlaces(bar.close);
  const known = isKnown(bar);
  const prices = [bar.open, bar.high, bar.low, bar.close].map((price) => fixed(price, places));
  return [...prices, ...[bar.macdv, bar.signal, bar.histogram].map((value) => (known ? fixed(value, 2) : "–"))];
}

function remarks(course, index, settledBars) {
  const bar = course.bars[index];
  const missing = course.missingBefore(index);
  return [
    bar.synthetic ? "nothing was traded: a synthetic bar" : "",
    missing ? `${count(missing, "bar")} missing before it` : "",
    isKnown(bar) ? "" : `not enough bars yet: MACD-V needs ${settledBars} before it`,
    ...course.alertsOf(bar.openTime).map((alert) => [happened(alert), ...fate(alert)].join(", ")),
  ].filter(Boolean);
}

/* One bar in a sentence, for who can't see the figures. */
export function spokenBar(course, index, settledBars) {
  const bar = course.bars[index];
  if (!bar) return "no bar";
  const [open, high, low, close, macdv, signal, histogram] = figures(bar);
  const momentum = isKnown(bar) ? [`MACD-V ${macdv}, signal ${signal}, histogram ${histogram}, ${bar.stage}`] : [];
  return [
    presented().absolute(bar.openTime),
    `open ${open}, high ${high}, low ${low}, close ${close}`,
    ...momentum,
    ...remarks(course, index, settledBars),
  ].join("; ");
}

/* What there is to see, in words. */
export function summary(course, settledBars) {
  const { bars, last } = course;
  if (!last) return "No candle of this series is known yet.";
  const places = pricePlaces(last.close);
  const range = `${count(bars.length, "candle")} of ${course.timeframe}, from ${presented().absolute(bars[0].openTime)} to ${presented().absolute(last.openTime)}.`;
  const low = Math.min(...bars.map((bar) => bar.low));
  const high = Math.max(...bars.map((bar) => bar.high));
  const prices = `The last close is ${fixed(last.close, places)}, between a low of ${fixed(low, places)} and a high of ${fixed(high, places)}.`;
  const synthetic = bars.filter((bar) => bar.synthetic).length;
  const missing = bars.reduce((sum, _, index) => sum + course.missingBefore(index), 0);
  return [
    range,
    prices,
    momentum(last, bars.length, settledBars),
    `${course.alerts.length ? count(course.alerts.length, "alert") : "No alert"} in that time.`,
    synthetic ? `In ${count(synthetic, "bar")} nothing was traded.` : "",
    missing ? `${count(missing, "bar")} missing in between.` : "",
  ].filter(Boolean).join(" ");
}

function momentum(last, known, settledBars) {
  if (!isKnown(last)) return `Not enough bars yet for MACD-V: ${known} of the ${settledBars} that it needs to be right.`;
  const side = last.macdv >= last.signal ? "above" : "below";
  return `MACD-V is ${fixed(last.macdv, 2)}, ${side} its signal line at ${fixed(last.signal, 2)}; the stage is ${last.stage}.`;
}

/* The last bars, newest first. */
export function showTable(course) {
  const from = Math.max(course.bars.length - ROWS, 0);
  const rows = course.bars.slice(from).map((bar, place) => row(course, bar, from + place)).reverse();
  byId("bars").replaceChildren(...rows);
  show(byId("no-bars"), rows.length === 0);
}

function row(course, bar, index) {
  const notes = [
    bar.synthetic ? "synthetic" : "",
    course.missingBefore(index) ? `${course.missingBefore(index)} missing before` : "",
    ...course.alertsOf(bar.openTime).map((alert) => [happened(alert), ...fate(alert)].join(", ")),
  ];
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, presented().absolute(bar.openTime)),
    ...figures(bar).map((text) => element("td", { class: "figure" }, text)),
    element("td", {}, isKnown(bar) ? bar.stage : "not enough bars"),
    element("td", {}, notes.filter(Boolean).join("; ")),
  );
}
