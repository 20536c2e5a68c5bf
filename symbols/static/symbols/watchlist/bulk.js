/* What can be done with all chosen symbols at once, and with one row; what loses something is asked about first. */

import { confirmed } from "../../runtime/asking.js";
import { byId, element, say, show } from "../../runtime/dom.js";
import { count } from "../../runtime/words.js";
import { tellDone } from "./notices.js";
import { whichCategories } from "./tags.js";

const SWITCHED = { true: "Switched on", false: "Switched off" };

export class Bulk {
  constructor({ table, edits }) {
    Object.assign(this, { table, edits });
    this.bar = byId("bulk");
    this.category = byId("bulk-category");
    this.bar.addEventListener("click", ({ target }) => target.dataset.do && this.#do(target.dataset.do));
  }

  /* What is chosen, or what there is to choose from, is another now. */
  reflect() {
    const { symbols } = this.table.selection;
    show(this.bar, symbols.size > 0);
    const { hidden } = this.table.selection;
    say(byId("chosen"), `${count(symbols.size, "symbol")} chosen${hidden ? `, ${hidden} of them not shown` : ""}`);
    this.#offerCategories();
  }

  /* One row's own controls. */
  async onRow(name, row, value) {
    if (name === "enabled") return this.#switch([row], value);
    if (name === "priority") return this.#prioritise([row], value);
    if (name === "remove") return this.#remove([row]);
    if (this.table.colours.size === 0) return tellDone("There is no category yet. Make one under Categories.");
    const wanted = await whichCategories(row, this.table.colours);
    if (!wanted) return false;
    const done = (who) => `${who}: ${wanted.length ? wanted.join(", ") : "in no category"}`;
    return this.edits.tag([row], { categories: wanted }, { categories: row.categories }, done);
  }

  async #do(name) {
    const rows = [...this.table.selection.symbols].map((symbol) => this.table.entries.get(symbol).row);
    const category = this.category.value;
    const work = {
      enable: () => this.#switch(rows, true),
      disable: () => this.#switch(rows, false),
      normal: () => this.#prioritise(rows, "normal"),
      sparse: () => this.#prioritise(rows, "sparse"),
      tag: () => this.edits.tag(rows, { addCategories: [category] }, { removeCategories: [category] }, (who) => `Tagged ${who}: ${category}`),
      untag: () => this.edits.tag(rows, { removeCategories: [category] }, { addCategories: [category] }, (who) => `${who}: not ${category} any more`),
      remove: () => this.#remove(rows),
      forget: () => this.table.selection.clear(),
    }[name];
    const buttons = [...this.bar.querySelectorAll("button")].filter((button) => !button.disabled);
    for (const button of buttons) button.disabled = true;
    try {
      await work();
    } finally {
      for (const button of buttons) button.disabled = false;
      this.reflect();
    }
  }

  #switch(rows, on) {
    return this.edits.change(rows, { enabled: on }, (who) => `${SWITCHED[on]} ${who}`);
  }

  #prioritise(rows, priority) {
    return this.edits.change(rows, { priority }, (who) => `${who}: ${priority} priority`);
  }

  async #remove(rows) {
    const one = rows.length === 1;
    const who = one ? rows[0].symbol : count(rows.length, "symbol");
    const names = one ? "" : ` ${listed(rows.map((row) => row.symbol))}.`;
    say(byId("sure-title"), `Remove ${who}?`);
    say(
      byId("sure-text"),
      `${one ? "It is" : "They are"} taken off the watchlist, in the saved settings too, and nothing alerts for ${one ? "it" : "them"} any more. ` +
        `Alerts, categories and candles stay; it can be undone.${names}`,
    );
    say(byId("sure-yes"), one ? "Remove it" : `Remove ${rows.length}`);
    return (await confirmed(byId("sure"))) && this.edits.remove(rows);
  }

  #offerCategories() {
    const names = [...this.table.colours.keys()];
    const wanted = JSON.stringify(names);
    if (this.category.dataset.shown !== wanted) {
      const chosen = this.category.value;
      this.category.dataset.shown = wanted;
      this.category.replaceChildren(...(names.length ? names : ["no category yet"]).map((name) => element("option", {}, name)));
      if (names.includes(chosen)) this.category.value = chosen;
    }
    for (const control of this.category.parentElement.children) control.disabled = names.length === 0;
  }
}

function listed(symbols) {
  const most = 20;
  return symbols.length > most ? `${symbols.slice(0, most).join(", ")} and ${symbols.length - most} more` : symbols.join(", ");
}
