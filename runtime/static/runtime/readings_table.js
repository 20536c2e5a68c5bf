/* The table of symbols: only the rows that are in view exist, and only what differs is written. */

import { element } from "./dom.js";
import { closedAt } from "./readings.js";
import { presented } from "./time.js";
import { macdv, STAGE_TONES } from "./words.js";

const BEYOND_VIEW = 8;

export class ReadingsTable {
  /* `scroll` holds the table; `chart` is the charts' address, absent where the login may not see them. */
  constructor(scroll, { chart }) {
    this.scroll = scroll;
    this.table = scroll.querySelector("table");
    this.body = scroll.querySelector("tbody");
    this.timeframes = [...scroll.querySelectorAll("th[data-by]")].map((head) => head.dataset.by).slice(1);
    this.chart = chart;
    this.made = new Map();
    /* Moments written out: six timeframes end at few of them, and it takes a while. */
    this.written = new Map();
    this.order = [];
    this.height = 0;
    scroll.addEventListener("scroll", () => this.#draw(), { passive: true });
    new ResizeObserver(() => this.#resized()).observe(scroll);
  }

  /* Show these rows of the readings in this order. `total`: so many there would be without a filter. */
  show(readings, order, total, nowMs) {
    this.readings = readings;
    this.order = order;
    this.total = total;
    this.nowMs = nowMs;
    this.today = presented().date(nowMs);
    const exchanges = new Set(readings.rows.map((row) => row.exchange));
    this.table.classList.toggle("one-exchange", exchanges.size === 1);
    this.table.setAttribute("aria-rowcount", order.length + 1);
    this.#draw();
    this.#hold();
  }

  #resized() {
    const row = this.body.firstElementChild;
    if (!row || !this.readings) return;
    this.height = 0;
    this.#draw();
    this.#hold();
  }

  /* A filter that leaves less does not make the page jump. */
  #hold() {
    const head = this.table.tHead.offsetHeight;
    this.scroll.style.setProperty("--whole", `${head + this.total * this.height}px`);
  }

  #draw() {
    if (!this.readings) return;
    if (!this.height) this.height = this.#measured();
    const top = Math.max(0, this.scroll.scrollTop - this.table.tHead.offsetHeight);
    const first = Math.max(0, Math.min(Math.floor(top / this.height) - BEYOND_VIEW, this.order.length));
    const count = Math.ceil(this.scroll.clientHeight / this.height) + 2 * BEYOND_VIEW;
    const visible = this.order.slice(first, first + count);
    this.#place(visible, first);
    this.body.style.paddingTop = `${first * this.height}px`;
    this.body.style.paddingBottom = `${Math.max(0, this.order.length - first - visible.length) * this.height}px`;
  }

  #measured() {
    if (this.body.firstElementChild) return this.body.firstElementChild.offsetHeight || 1;
    const probe = this.#row({ symbol: "", exchange: "", name: "–", cells: null });
    this.body.append(probe);
    const height = probe.offsetHeight || 1;
    probe.remove();
    return height;
  }

  #place(visible, first) {
    const focused = this.body.contains(document.activeElement) ? document.activeElement : null;
    const wanted = new Set(visible.map((row) => row.symbol));
    for (const shown of [...this.body.children]) {
      if (wanted.has(shown.dataset.symbol) && this.made.get(shown.dataset.symbol) === shown) continue;
      this.made.delete(shown.dataset.symbol);
      shown.remove();
    }
    let next = this.body.firstElementChild;
    visible.forEach((row, at) => {
      let shown = this.made.get(row.symbol);
      if (!shown) this.made.set(row.symbol, (shown = this.#row(row)));
      this.#fill(shown, row);
      const index = String(first + at + 2);
      if (shown.getAttribute("aria-rowindex") !== index) shown.setAttribute("aria-rowindex", index);
      if (shown === next) next = next.nextElementSibling;
      else this.body.insertBefore(shown, next);
    });
    /* What was moved has lost it. */
    if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
  }

  #row(row) {
    const name = [element("strong", {}, row.name), " ", element("span", { class: "of-exchange quiet small" }, row.exchange)];
    const label = this.chart
      ? element("a", { class: "clip", href: this.#address(row, "1h"), title: `Chart of ${row.symbol}` }, ...name)
      : element("span", { class: "clip", title: row.symbol }, ...name);
    const cells = this.timeframes.map((timeframe) => element("td", { role: "cell", "data-timeframe": timeframe }));
    return element(
      "tr",
      { role: "row", "data-symbol": row.symbol },
      element("th", { role: "rowheader", scope: "row" }, label),
      ...cells,
    );
  }

  #fill(shown, row) {
    this.timeframes.forEach((timeframe, at) => {
      const cell = row.cells?.[timeframe] ?? {};
      const stale = this.readings.isStale(row, timeframe);
      /* The day is part of it, since a moment is written out once it is not today's. */
      const says = `${cell.openTime}|${cell.macdv}|${cell.signal}|${cell.stage}|${stale && this.today}|${row.cells === null}`;
      const holder = shown.children[at + 1];
      if (holder.says === says) return;
      holder.says = says;
      if (row.cells === null) this.#await(holder);
      else this.#write(holder, timeframe, cell, stale);
    });
  }

  #await(holder) {
    holder.title = "Its value is being read";
    holder.replaceChildren(element("span", { class: "quiet" }, "…"));
  }

  #write(holder, timeframe, cell, stale) {
    holder.classList.toggle("stale", stale);
    if (cell.macdv === undefined) {
      holder.title = stale ? "Stale: candles are missing, and no value is known" : "Too few candles are known yet";
      holder.replaceChildren(element("span", { class: stale ? "mark tone-warn" : "quiet" }, stale ? "stale" : "–"));
      return;
    }
    const closed = closedAt(timeframe, cell);
    const write = (value) => presented().number(value);
    const at = this.#absolute(closed);
    holder.title =
      (stale ? `Stale since ${at}: candles that closed later are missing. Stage then: ${cell.stage}. ` : "") +
      `MACD-V ${write(cell.macdv)}, signal line ${write(cell.signal)}, candle closed ${at}`;
    const second = stale
      ? element("time", { class: "mark tone-warn", datetime: new Date(closed).toISOString() }, this.#since(closed))
      : element("span", { class: `stage tone-${STAGE_TONES[cell.stage] ?? "none"}` }, cell.stage);
    holder.replaceChildren(element("span", { class: "macdv" }, macdv(cell.macdv)), " ", second);
  }

  #absolute(ms) {
    if (this.presentation !== presented() || this.written.size > 1_000) this.written.clear();
    this.presentation = presented();
    if (!this.written.has(ms)) this.written.set(ms, presented().absolute(ms));
    return this.written.get(ms);
  }

  #since(ms) {
    const one = presented();
    return `since ${one.date(ms) === this.today ? one.hourAndMinute(ms) : one.date(ms)}`;
  }

  #address(row, timeframe) {
    return `${this.chart}?${new URLSearchParams({ symbol: row.symbol, timeframe })}`;
  }
}
