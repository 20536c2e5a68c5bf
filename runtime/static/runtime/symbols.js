/* The active symbols with stage and MACD-V per timeframe: filtered, sorted, and as fresh as the engine's values. */

import { byId, say, show } from "./dom.js";
import { EVERYTHING, Readings } from "./readings.js";
import { ReadingsSource } from "./readings_source.js";
import { ReadingsTable } from "./readings_table.js";
import { count } from "./words.js";

const panel = byId("readings");
const filter = byId("readings-filter");
const scroll = byId("readings-scroll");
const heads = [...scroll.querySelectorAll("th[data-by]")];

const readings = new Readings();
const table = new ReadingsTable(scroll, { chart: panel.dataset.chart });
let wanted = EVERYTHING;
/* What of the status was shown last; the arrays are others with each status. */
let symbols = null;
let symbolsText = null;
let stale = null;
let staleText = null;
let nowMs = 0;

const source = new ReadingsSource({
  onReadings: (results) => {
    readings.read(results);
    draw();
  },
  onTrouble: (text) => {
    say(byId("readings-note"), text);
    byId("readings-note").title = text ? "What is shown are the values that were read last" : "";
  },
});

filter.addEventListener("input", () => {
  const fields = filter.elements;
  wanted = {
    ...wanted,
    text: fields.text.value,
    stage: fields.stage.value,
    timeframe: fields.timeframe.value,
    staleOnly: fields.stale.checked,
  };
  scroll.scrollTop = 0;
  draw();
});
filter.addEventListener("submit", (event) => event.preventDefault());
filter.addEventListener("reset", () => {
  wanted = { ...EVERYTHING, by: wanted.by, descending: wanted.descending };
  draw();
});

for (const head of heads) {
  head.querySelector("button").addEventListener("click", () => {
    const { by } = head.dataset;
    /* What is highest is asked for first; of names the first. */
    const descending = wanted.by === by ? !wanted.descending : by !== "symbol";
    wanted = { ...wanted, by, descending };
    scroll.scrollTop = 0;
    draw();
  });
}

/* The values that came with the page. */
export function beginWithValues(results) {
  readings.read(results);
}

/* With each status, and as time passes. */
export function showSymbols(status, now) {
  nowMs = now;
  let changed = false;
  if (status.activeSymbols !== symbols) {
    symbols = status.activeSymbols;
    const text = symbols.join("\n");
    if (text !== symbolsText) {
      symbolsText = text;
      readings.watch(symbols);
      changed = true;
    }
  }
  if (status.staleSeries !== stale) {
    stale = status.staleSeries;
    const text = stale.join("\n");
    if (text !== staleText) {
      staleText = text;
      readings.markStale(stale);
      changed = true;
    }
  }
  if (changed) draw();
  source.heard(status, symbolsText);
}

function draw() {
  const total = readings.rows.length;
  const shown = readings.shown(wanted);
  const all = shown.length === total;
  say(byId("symbol-count"), all ? total : `${shown.length} of ${total}`);
  show(filter, total > 0);
  show(scroll, total > 0);
  show(byId("no-symbols"), total === 0);
  show(byId("no-matches"), total > 0 && shown.length === 0);
  if (!shown.length) say(byId("no-matches"), `None of the ${count(total, "symbol")} is like that.`);
  for (const head of heads) {
    const sorted = head.dataset.by === wanted.by;
    head.setAttribute("aria-sort", sorted ? (wanted.descending ? "descending" : "ascending") : "none");
  }
  if (total) table.show(readings, shown, total, nowMs);
}
