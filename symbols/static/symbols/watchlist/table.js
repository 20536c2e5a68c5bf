/* The table: rows by symbol, kept as they are while others come and go; filtered, sorted, chosen. */

import { byId, element, say, show } from "../../runtime/dom.js";
import { count } from "../../runtime/words.js";
import { fits, sorted, WITHOUT } from "./choosing.js";
import { inWords } from "./outcomes.js";
import { Row } from "./row.js";
import { Selection } from "./selection.js";
import { digest, lastCandle, REMOVED, standing, STATES } from "./standing.js";

export class Table {
  /* `act(name, row, value)` hears what is done on a row; `onChoice()` that other rows are chosen or shown. */
  constructor({ now, outcomes, act, onChoice }) {
    Object.assign(this, { now, outcomes, act });
    this.body = byId("body");
    const { chart, editable } = byId("rows").dataset;
    Object.assign(this, { chart, editable: editable !== undefined });
    this.rows = new Map();
    this.entries = new Map();
    this.ghosts = new Map();
    this.readings = new Map();
    this.colours = new Map();
    this.status = null;
    this.seen = null;
    this.version = 0;
    this.order = { by: "symbol", descending: false };
    this.loaded = false;
    this.selection = new Selection(this, onChoice);
    this.near = new Set();
    this.watch = new IntersectionObserver((found) => this.#cameNear(found), { rootMargin: "200px" });
    this.filters = byId("filters").elements;
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("filters").addEventListener("input", () => this.#filtersChanged());
    byId("filters").addEventListener("reset", () => setTimeout(() => this.#filtersChanged()));
    byId("rows").tHead.addEventListener("click", ({ target }) => target.dataset.sort && target.type === "button" && this.#sortBy(target.dataset.sort));
    this.body.addEventListener("change", ({ target }) => this.#changed(target));
    this.body.addEventListener("click", ({ target }) => {
      const name = target.closest("button")?.dataset.act;
      if (name) this.act(name, this.#rowOf(target));
    });
    this.#offer("state", Object.entries(STATES));
    this.#readAddress();
  }

  get timeframe() {
    return this.filters.timeframe.value;
  }

  get shown() {
    return [...this.body.children].filter((node) => !node.hidden && !node.classList.contains("gone")).map((node) => node.dataset.symbol);
  }

  /* The watchlist as the API tells it, of that version of the settings, with `{name: colour}` of the categories. */
  load(results, version, colours) {
    this.loaded = true;
    Object.assign(this, { results, version, colours });
    if (this.status) this.setStatus(this.status);
    const known = new Map(results.map((row) => [row.qualified, row]));
    /* What was removed stays until it is known what the engine made of that. */
    const gone = [...this.entries].filter(([symbol]) => !known.has(symbol) && this.outcomes.of(symbol));
    this.ghosts = new Map(gone.map(([symbol, { row }]) => [symbol, row]));
    const all = [...known.values(), ...this.ghosts.values()];
    this.entries = new Map(all.map((row) => [row.qualified, this.#entry(row)]));
    for (const [symbol, row] of this.rows) {
      if (this.entries.has(symbol)) continue;
      this.watch.unobserve(row.node);
      this.near.delete(symbol);
      row.node.remove();
      this.rows.delete(symbol);
    }
    for (const [symbol, { row }] of this.entries) {
      if (!this.rows.has(symbol)) this.#make(symbol);
      this.rows.get(symbol).tell(row, colours, this.ghosts.has(symbol));
    }
    this.selection.keep((symbol) => known.has(symbol));
    this.#offer("category", [...[...colours.keys()].map((name) => [name, name]), [WITHOUT, "(in none)"]]);
    this.#offer("exchange", [...new Set(all.map((row) => row.exchange))].sort().map((name) => [name, name]));
    byId("rows").setAttribute("aria-busy", "false");
    this.arrange();
  }

  setReadings(readings) {
    this.readings = readings;
    this.reflect();
  }

  setStatus(status) {
    this.status = status;
    this.seen = digest(status, this.version);
  }

  /* Judge all rows anew and write what differs: where somebody looks, or everywhere. */
  reflect({ everywhere = true } = {}) {
    const nowMs = this.now();
    for (const [symbol, entry] of this.entries) {
      Object.assign(entry, this.#judge(entry.row, nowMs));
      if (everywhere || this.near.has(symbol)) this.#write(symbol, entry, nowMs);
    }
    this.#filter();
  }

  /* The outcomes of these symbols are others now; of a removed one the row goes with its outcome. */
  outcomesOf(symbols) {
    if (symbols.some((symbol) => this.ghosts.has(symbol) && !this.outcomes.of(symbol))) this.load(this.results, this.version, this.colours);
    const nowMs = this.now();
    for (const symbol of symbols) {
      const entry = this.entries.get(symbol);
      if (entry && this.rows.has(symbol)) this.#write(symbol, entry, nowMs);
    }
  }

  /* Controls show what was asked for; where that did not come about, they go back to what is so. */
  restore(symbols) {
    for (const symbol of symbols) this.rows.get(symbol)?.tell(this.entries.get(symbol).row, this.colours, this.ghosts.has(symbol), true);
  }

  arrange() {
    this.reflect();
    const focused = document.activeElement;
    let place = this.body.firstElementChild;
    for (const { row } of sorted(this.entries.values(), this.order.by, this.order.descending, this.timeframe)) {
      const { node } = this.rows.get(row.qualified);
      if (node === place) place = place.nextElementSibling;
      else this.body.insertBefore(node, place);
    }
    /* A row that is moved loses the focus that was in it. */
    if (focused !== document.activeElement && this.body.contains(focused)) focused.focus({ preventScroll: true });
  }

  #entry(row) {
    return { row, ...this.#judge(row, this.now()) };
  }

  #judge(row, nowMs) {
    const timeframes = this.readings.get(row.qualified);
    const stands = this.ghosts.has(row.qualified) ? REMOVED : standing(row, timeframes, this.seen, nowMs);
    return { timeframes, candle: lastCandle(timeframes), standing: stands };
  }

  #make(symbol) {
    const row = new Row(symbol, this);
    this.rows.set(symbol, row);
    this.body.append(row.node);
    this.watch.observe(row.node);
  }

  #write(symbol, entry, nowMs) {
    const offline = this.seen?.status.state === "offline";
    this.rows.get(symbol).reflect(entry, inWords(this.outcomes.of(symbol), offline), this.timeframe, nowMs);
  }

  #cameNear(found) {
    for (const { target, isIntersecting } of found) {
      const { symbol } = target.dataset;
      if (!isIntersecting) this.near.delete(symbol);
      else if (this.entries.has(symbol)) {
        this.near.add(symbol);
        this.#write(symbol, this.entries.get(symbol), this.now());
      }
    }
  }

  #filter() {
    if (!this.loaded) return;
    const wanted = Object.fromEntries(["text", "category", "exchange", "state"].map((name) => [name, this.filters[name].value]));
    let fitting = 0;
    let others = false;
    for (const [symbol, entry] of this.entries) {
      const fit = fits(entry, wanted);
      const { node } = this.rows.get(symbol);
      others ||= node.hidden === fit;
      show(node, fit);
      if (fit && !this.ghosts.has(symbol)) fitting += 1;
    }
    const all = this.entries.size - this.ghosts.size;
    say(byId("count"), fitting === all ? count(all, "symbol") : `${fitting} of ${count(all, "symbol")}`);
    show(byId("rows"), this.entries.size > 0);
    const empty = byId("empty");
    show(empty, fitting === 0 && this.ghosts.size === 0);
    const nothing = "Nothing is tracked yet. " + (this.editable ? "Add a symbol above, or let the scanner propose some." : "An admin can add symbols.");
    say(empty, all === 0 ? nothing : "No symbol fits these filters. Clear them to see all.");
    if (others) this.selection.shownChanged();
  }

  #filtersChanged() {
    const address = new URLSearchParams();
    for (const { name, value, tagName } of this.filters) {
      if (name && value && !(tagName === "SELECT" && name === "timeframe" && value === "15m")) address.set(name, value);
    }
    history.replaceState(null, "", address.size ? `?${address}` : location.pathname);
    this.reflect();
  }

  /* What the filters are to be is in the page's address: it can be kept and passed on. */
  #readAddress() {
    for (const [name, value] of new URLSearchParams(location.search)) {
      const field = this.filters[name];
      if (!field) continue;
      /* Categories and exchanges aren't known yet. */
      if (field.tagName === "SELECT" && ![...field.options].some((one) => one.value === value)) field.append(element("option", { value }, value));
      field.value = value;
    }
  }

  #offer(name, choices) {
    const select = this.filters[name];
    const chosen = select.value;
    const wanted = JSON.stringify(choices);
    if (select.dataset.shown === wanted) return;
    select.dataset.shown = wanted;
    select.replaceChildren(select.options[0], ...choices.map(([value, word]) => element("option", { value }, word)));
    select.value = choices.some(([value]) => value === chosen) ? chosen : "";
  }

  #sortBy(by) {
    this.order = { by, descending: this.order.by === by && !this.order.descending };
    for (const head of byId("rows").tHead.querySelectorAll("th[data-sort]")) {
      if (head.dataset.sort === by) head.setAttribute("aria-sort", this.order.descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    this.arrange();
  }

  #rowOf(node) {
    return this.entries.get(node.closest("tr").dataset.symbol).row;
  }

  #changed(target) {
    const name = target.dataset.act;
    if (name === "enabled") this.act(name, this.#rowOf(target), target.checked);
    else if (name === "priority") this.act(name, this.#rowOf(target), target.value);
  }
}
