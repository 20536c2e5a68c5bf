/* The chart's page: which series it shows, how it stands with it, and what there is beside the picture. */

import { alertRow } from "../alerts.js";
import { showConnection } from "../connection_pill.js";
import { byId, element, fill, say, setTone, show } from "../dom.js";
import { listen } from "../listening.js";
import { absolute, moment, setMoment, tick } from "../time.js";
import * as words from "../words.js";
import { Chart } from "./chart.js";
import { Feed } from "./feed.js";
import { showTable, summary } from "./readout.js";

const MOST_ALERTS = 50;
const NOTHING = "No symbol is being watched, so there is nothing to draw. Add one on the control panel, or start the engine.";

const initial = JSON.parse(byId("initial").textContent);
let { symbol, timeframe, at, status } = initial;
let clock = { now: () => Date.now() };
let trouble = null;
let offered = "";

const chart = new Chart({
  settledBars: initial.settledBars,
  onEdge: () => feed.earlier(),
  onFirst: () => feed.reach(0),
  onAlerts: unfold,
  onView: showAlerts,
});
const feed = new Feed({ now: () => clock.now(), onBegun: begun, onEarlier: preceded, onWent: went, onTrouble: troubled });

clock = listen({
  status: initial.status,
  onStatus: (told, nowMs) => {
    reflect(told, nowMs);
    tick(nowMs);
  },
  onPresentation: () => feed.course?.bars.length && went(),
  onSnapshot: () => feed.again(),
  onMessage: (message) => message.type === "alert" && concerns(message) && feed.hurry(),
  onState: showConnection,
});
if (symbol) open();
else cover(NOTHING, "held");

byId("choose").addEventListener("submit", (event) => {
  const wanted = event.target.elements.symbol.value.trim();
  /* What is not among them the server knows what to say of. */
  if (!status.activeSymbols.includes(wanted)) return;
  event.preventDefault();
  visit(wanted, timeframe);
});
byId("choose-symbol").addEventListener("input", ({ target }) => {
  if (target.value !== symbol && status.activeSymbols.includes(target.value)) visit(target.value, timeframe);
});
byId("timeframes").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !symbol) return;
  event.preventDefault();
  visit(symbol, link.textContent.trim());
});
addEventListener("popstate", () => {
  const wanted = new URLSearchParams(location.search);
  symbol = wanted.get("symbol") ?? initial.symbol;
  timeframe = wanted.get("timeframe") ?? initial.timeframe;
  open();
});
byId("older").addEventListener("click", () => chart.page(-0.5));
byId("newer").addEventListener("click", () => chart.page(0.5));
byId("zoom-in").addEventListener("click", () => chart.zoom(1 / 1.5, 0.5));
byId("zoom-out").addEventListener("click", () => chart.zoom(1.5, 0.5));
byId("newest").addEventListener("click", () => chart.latest());
byId("table").addEventListener("toggle", () => feed.course && tell());

function visit(newSymbol, newTimeframe) {
  if (newSymbol === symbol && newTimeframe === timeframe) return;
  [symbol, timeframe] = [newSymbol, newTimeframe];
  history.pushState(null, "", `?${new URLSearchParams({ symbol, timeframe })}`);
  at = null;
  open();
}

function open() {
  trouble = null;
  chart.clear();
  cover("Reading the candles…", "busy");
  const [exchange, name] = [symbol.slice(0, symbol.indexOf(":")), symbol.slice(symbol.indexOf(":") + 1)];
  say(byId("chart-symbol"), name);
  say(byId("chart-exchange"), exchange);
  byId("choose-symbol").value = symbol;
  byId("choose-timeframe").value = timeframe;
  document.title = `${name} ${timeframe} · Chart · Livermore`;
  byId("plot").setAttribute("aria-label", `Candles, stages and MACD-V of ${symbol}, ${timeframe}`);
  for (const link of byId("timeframes").children) {
    link.href = `?${new URLSearchParams({ symbol, timeframe: link.textContent.trim() })}`;
    if (link.textContent.trim() === timeframe) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  putAlerts([], 0);
  byId("bars").replaceChildren();
  say(byId("summary"), "");
  say(byId("chart-said"), "");
  feed.open(symbol, timeframe);
}

async function begun(course) {
  chart.begin(course, at);
  tell();
  if (at === null || !course.bars.length) return;
  const wanted = at;
  at = null;
  const there = await feed.reach(wanted);
  if (course !== feed.course || there === null) return;
  if (there) chart.begin(course, wanted);
  else say(byId("chart-said"), `The candle of ${absolute(wanted)} is not kept any more; these are the newest.`);
}

function preceded(bars) {
  chart.shift(bars);
  tell();
}

function went() {
  chart.advance();
  tell();
}

/* What stands beside the picture. */
function tell() {
  const { course } = feed;
  say(byId("summary"), summary(course, initial.settledBars));
  if (byId("table").open) showTable(course);
  cover(course.bars.length ? "" : emptiness(), "held");
  setMoment(byId("updated"), course.last && course.last.openTime + course.duration, "no bar yet");
}

function emptiness() {
  if (["starting", "warming"].includes(status.state)) return "No candles yet: the engine is reading the history.";
  return `No candle of ${symbol} in ${timeframe} is kept. A sparse symbol has none below 15m; else they come in as they close.`;
}

/* Say in the place of the picture why there is none; an empty text takes it away. */
function cover(text, tone) {
  const holder = byId("cover");
  say(holder, text);
  show(holder, text !== "");
  setTone(holder, tone);
}

function troubled(found) {
  trouble = found;
  if (found && !feed.course.bars.length) cover(found.message, found.kind === "away" ? "bad" : "warn");
}

function concerns(alert) {
  return `${alert.exchange}:${alert.symbol}` === symbol && alert.timeframe === timeframe;
}

/* How it stands with the engine and with this series. */
function reflect(now, nowMs) {
  status = now;
  const face = words.face(status.state);
  setTone(byId("state"), face.tone);
  say(byId("state"), face.word);
  byId("state").title = words.sentence(status, nowMs);
  const exchange = status.exchanges.find((one) => symbol.startsWith(`${one.exchange}:`));
  const label = exchange ? words.exchangeLabel(exchange) : "";
  say(byId("market-notice"), label);
  show(byId("market-notice"), label !== "");
  fill(byId("chart-notices"), null, notices(nowMs));
  const names = status.activeSymbols.join("\n");
  if (names !== offered) {
    offered = names;
    byId("watched").replaceChildren(...status.activeSymbols.toSorted().map((one) => element("option", { value: one })));
  }
  if (feed.course) feed.tick();
  else if (!symbol && status.activeSymbols.length) visit(status.activeSymbols.toSorted()[0], timeframe);
}

function notices(nowMs) {
  const course = feed.course;
  const found = [];
  const add = (tone, ...children) => found.push(element("li", { class: `notice tone-${tone}` }, ...children));
  if (["offline", "paused", "warming"].includes(status.state)) {
    add(status.state === "paused" ? "held" : "warn", ...inWords(nowMs));
  }
  if (status.state !== "offline" && status.staleSeries.includes(`${symbol}:${timeframe}`)) {
    const closed = course?.last && course.last.openTime + course.duration;
    add("warn", "Stale: this series waits for missing candles, and nothing alerts for it. ", ...(closed ? ["Its last bar closed at ", absolute(closed), ", ", moment(closed), "."] : []));
  }
  if (trouble && course?.bars.length) {
    add("bad", `${trouble.message} What is shown was read before; `, trouble.kind === "signed-out" ? "sign in to go on." : "trying again.");
  }
  return found;
}

/* The sentence of the status, with its age as a time that goes on by itself. */
function inWords(nowMs) {
  if (status.state !== "offline" || !status.lastSeenAt) return [words.sentence(status, nowMs)];
  return [`${status.trouble ?? ""} The engine was last heard `.trimStart(), moment(status.lastSeenAt), "; this is what it had kept then."];
}

function showAlerts(course, from, until) {
  const [first, last] = [course.bars[from], course.bars[Math.min(until, course.bars.length) - 1]];
  const inView = course.alerts.filter((one) => one.openTime >= first.openTime && one.openTime <= last.openTime);
  const shown = inView.slice(0, MOST_ALERTS);
  putAlerts(shown, inView.length);
}

/* The only way into the list: what it shows is known by its key. */
function putAlerts(shown, count) {
  const list = byId("alerts");
  say(byId("alert-count"), count > shown.length ? `the newest ${shown.length} of ${count}` : String(count));
  const key = shown.map((one) => one.id + (one.withdrawnAt ?? "")).join();
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  const open = new Set([...list.querySelectorAll("li:has(details[open])")].map((item) => item.dataset.id));
  list.replaceChildren(...shown.map((one) => alertRow(one, open.has(one.id))));
  show(byId("no-alerts"), shown.length === 0);
}

/* Open what is told of a mark's alerts beneath the picture. */
function unfold({ alerts }) {
  const rows = alerts.map((one) => byId("alerts").querySelector(`[data-id="${CSS.escape(one.id)}"] details`)).filter(Boolean);
  for (const details of rows) details.open = true;
  rows[0]?.scrollIntoView({ block: "nearest" });
}
