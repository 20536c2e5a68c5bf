/* Edits of the watchlist: each is one request, told on its rows and in one notice that can undo it. */

import { ask } from "../../settingsapp/editor/server.js";
import { byId } from "../../runtime/dom.js";
import { count } from "../../runtime/words.js";
import { inFull, tellDone, tellFailed } from "./notices.js";

const WATCHLIST = "/api/v1/symbols/watchlist";

export class Edits {
  /* `reload()` reads the watchlist again; `restore(symbols)` lets their controls show what is so. */
  constructor({ outcomes, reload, restore }) {
    Object.assign(this, { outcomes, reload, restore });
  }

  /* Whether it was added, or there already. */
  async add(symbol) {
    const send = () => ask("POST", WATCHLIST, { text: JSON.stringify({ symbol }) });
    const words = (changed) => (changed.length ? `Added ${named(changed)}` : `${symbol} is on the watchlist already, and on`);
    return this.#edit([], send, words);
  }

  /* `rows` of the watchlist; `change` as the API takes it; `done(symbols)` says it in words: "Switched off 3 symbols". */
  change(rows, change, done) {
    const symbols = rows.map((row) => row.symbol);
    const send = () => ask("PATCH", WATCHLIST, { text: JSON.stringify({ symbols, ...change }) });
    return this.#edit(full(rows), send, (changed) => (changed.length ? done(named(changed)) : "Nothing to change: it is so already"));
  }

  remove(rows) {
    const address = new URLSearchParams(rows.map((row) => ["symbol", row.symbol]));
    const words = (changed) => (changed.length ? `Removed ${named(changed)}` : "Already gone from the watchlist");
    return this.#edit(full(rows), () => ask("DELETE", `${WATCHLIST}?${address}`), words);
  }

  undo(version, word) {
    const send = () => ask("POST", `${WATCHLIST}/undo`, { text: JSON.stringify({ version }) });
    const words = (changed, { left }) => {
      const kept = left.length ? ` Left alone, since it was changed meanwhile: ${named(left)}.` : "";
      return (changed.length ? `${word} ${named(changed)}` : `${word}: nothing was left to change`) + (kept && `.${kept}`);
    };
    return this.#edit([], send, words, word === "Undone:" ? "Redo" : "Undo");
  }

  /* Tags belong to no version: what undoes them is the opposite change. */
  tag(rows, change, opposite, done) {
    const symbols = rows.map((row) => row.symbol);
    const send = (body, of) => ask("PATCH", WATCHLIST, { text: JSON.stringify({ symbols: of, ...body }) });
    return this.#guarded(full(rows), async () => {
      const { changed } = await send(change, symbols);
      await this.#told([]);
      if (changed.length === 0) return tellDone("Nothing to change: it is so already.");
      const undo = opposite && (() => this.#guarded(changed, async () => {
        await send(opposite, changed);
        await this.#told([]);
        tellDone(`Undone: ${named(changed)}.`);
      }));
      return tellDone(`${done(named(changed))}.`, undo && { label: "Undo", act: undo });
    });
  }

  #edit(symbols, send, words, back = "Undo") {
    return this.#guarded(symbols, async () => {
      const at = this.outcomes.now();
      this.outcomes.begin(symbols);
      let told;
      try {
        told = await send();
      } catch (error) {
        this.outcomes.drop(symbols);
        throw error;
      }
      this.outcomes.drop(symbols.filter((symbol) => !told.changed.includes(symbol)));
      this.outcomes.saved(told.changed, told.version, at);
      await this.#told(told.changed);
      const offer = { label: back, act: () => this.undo(told.version, back === "Undo" ? "Undone:" : "Done again:") };
      const version = told.changed.length ? `, version ${told.version}` : "";
      tellDone(`${words(told.changed, told)}${version}.`.replace(/\.\.?$/, "."), told.changed.length ? offer : null);
    });
  }

  async #guarded(symbols, work) {
    const had = document.activeElement;
    try {
      await work();
      return true;
    } catch (error) {
      if (error.status === undefined) throw error;
      tellFailed(`Not done. ${inFull(error)}`);
      this.restore(symbols);
      if (error.status === 404) await this.reload();
      return false;
    } finally {
      /* What was pressed may be gone; whoever goes by keyboard goes on from the list's head. */
      if (had !== document.body && document.activeElement === document.body) byId("count").focus({ preventScroll: true });
    }
  }

  /* After the reading, and not before it: the controls would go back to how it was for as long as that takes. */
  async #told(symbols) {
    await this.reload();
    this.restore(symbols);
  }
}

export function named(symbols) {
  const short = symbols.map((symbol) => symbol.slice(symbol.indexOf(":") + 1));
  return symbols.length > 3 ? count(symbols.length, "symbol") : short.join(", ");
}

function full(rows) {
  return rows.map((row) => row.qualified);
}
