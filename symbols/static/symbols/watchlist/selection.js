/* Which rows are chosen. It belongs to symbols, not to places: whatever else changes on the page, it stays. */

import { byId } from "../../runtime/dom.js";

export class Selection {
  constructor(table, onChange) {
    Object.assign(this, { table, onChange });
    this.symbols = new Set();
    this.last = null;
    this.all = byId("choose-all");
    if (!this.all) return;
    this.all.addEventListener("change", () => this.#choose(table.shown, this.all.checked));
    table.body.addEventListener("click", (event) => {
      if (!event.target.classList.contains("choose")) return;
      const { symbol } = event.target.closest("tr").dataset;
      this.#choose(event.shiftKey && this.last ? this.#upTo(symbol) : [symbol], event.target.checked);
      this.last = symbol;
    });
  }

  get hidden() {
    const shown = new Set(this.table.shown);
    return [...this.symbols].filter((symbol) => !shown.has(symbol)).length;
  }

  clear() {
    this.#choose([...this.symbols], false);
  }

  /* What is tracked no more can't be chosen. */
  keep(isThere) {
    for (const symbol of this.symbols) if (!isThere(symbol)) this.symbols.delete(symbol);
    this.#told();
  }

  shownChanged() {
    this.#told();
  }

  /* With Shift: all that is shown between the row chosen last and this one. */
  #upTo(symbol) {
    const { shown } = this.table;
    const [from, to] = [shown.indexOf(this.last), shown.indexOf(symbol)].sort((a, b) => a - b);
    return from < 0 ? [symbol] : shown.slice(from, to + 1);
  }

  #choose(symbols, chosen) {
    for (const symbol of symbols) {
      if (chosen) this.symbols.add(symbol);
      else this.symbols.delete(symbol);
      const row = this.table.rows.get(symbol);
      if (row) row.choice.checked = chosen;
      row?.node.classList.toggle("chosen", chosen);
    }
    this.#told();
  }

  #told() {
    if (!this.all) return;
    const shown = this.table.shown;
    const chosen = shown.filter((symbol) => this.symbols.has(symbol)).length;
    this.all.checked = chosen > 0 && chosen === shown.length;
    this.all.indeterminate = chosen > 0 && chosen < shown.length;
    this.onChange();
  }
}
