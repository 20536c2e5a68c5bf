/* Adding a symbol: search as you type, by keyboard or pointer, with what is known of each before it is added. */

import { ask } from "../../settingsapp/editor/server.js";
import { byId, element, say, show } from "../../runtime/dom.js";
import { presented } from "../../runtime/time.js";
import { count } from "../../runtime/words.js";
import { Preview } from "./preview.js";

const SEARCH = "/api/v1/symbols/search";
const REFRESH = "/api/v1/symbols/refresh";
const PAUSE_MS = 120;
const MOST = 20;

export class Adding {
  constructor({ edits, now }) {
    this.edits = edits;
    this.form = byId("adding");
    this.input = byId("wanted");
    this.list = byId("found");
    this.note = byId("found-note");
    this.button = byId("add");
    this.hint = this.note.textContent;
    this.preview = new Preview(byId("preview"), now);
    this.hits = [];
    this.active = -1;
    this.input.addEventListener("input", () => this.#typed());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("blur", () => this.#close());
    this.input.addEventListener("focus", () => this.hits.length && !this.chosen && this.#open());
    /* The focus stays in the field: it is there that keys are heard. */
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", ({ target }) => this.#choose([...this.list.children].indexOf(target.closest("li"))));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#add();
    });
  }

  #typed() {
    this.chosen = null;
    this.preview.hide();
    this.#close();
    this.#offerToAdd();
    clearTimeout(this.timer);
    this.asking?.abort();
    const wanted = this.input.value.trim();
    this.hits = [];
    say(this.note, wanted ? "Searching …" : this.hint);
    if (wanted) this.timer = setTimeout(() => this.#search(wanted), PAUSE_MS);
  }

  async #search(wanted) {
    this.asking = new AbortController();
    try {
      const { results } = await ask("GET", `${SEARCH}?${new URLSearchParams({ q: wanted, limit: MOST })}`, { signal: this.asking.signal });
      this.hits = results;
    } catch (error) {
      if (error.name === "AbortError") return;
      if (error.status === undefined) throw error;
      return say(this.note, `The search failed: ${error.message}`);
    }
    if (this.hits.length === 0) return this.#tellNothing(wanted);
    const some = this.hits.length === MOST ? `The best ${MOST} are shown` : `${count(this.hits.length, "instrument")} found`;
    say(this.note, `${some}, the most fitting first.`);
    this.list.replaceChildren(...this.hits.map(option));
    if (document.activeElement !== this.input) return;
    this.#open();
    this.#activate(0);
  }

  #tellNothing(wanted) {
    const again = element("button", { type: "button", class: "link" }, "Read them anew from the exchanges");
    again.addEventListener("click", () => this.#refresh(wanted));
    this.note.replaceChildren(`No known instrument fits “${wanted}”. `, again, ".");
  }

  async #refresh(wanted) {
    say(this.note, "Reading what the exchanges trade …");
    try {
      let { results } = await ask("POST", REFRESH, { text: "{}" });
      while (results.some((one) => one.state === "running")) {
        await new Promise((resolve) => setTimeout(resolve, 700));
        ({ results } = await ask("GET", REFRESH));
      }
      if (wanted === this.input.value.trim()) await this.#search(wanted);
    } catch (error) {
      if (error.status === undefined) throw error;
      say(this.note, `They can't be read now: ${error.message}`);
    }
  }

  #key(event) {
    const last = this.hits.length - 1;
    const open = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (last < 0) return;
      event.preventDefault();
      if (!open) return this.#open(), this.#activate(Math.max(0, this.active));
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.#activate((this.active + step + last + 1) % (last + 1));
    } else if (event.key === "Enter" && open && this.active >= 0) {
      event.preventDefault();
      this.#choose(this.active);
    } else if (event.key === "Escape" && (open || this.input.value)) {
      event.preventDefault();
      if (open) return this.#close();
      this.input.value = "";
      this.#typed();
    }
  }

  #open() {
    show(this.list, true);
    this.input.setAttribute("aria-expanded", "true");
  }

  #close() {
    show(this.list, false);
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.active = -1;
  }

  #activate(at) {
    this.list.children[this.active]?.setAttribute("aria-selected", "false");
    this.active = at;
    const node = this.list.children[at];
    node.setAttribute("aria-selected", "true");
    node.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", node.id);
    this.preview.of(this.hits[at].symbol);
  }

  #choose(at) {
    const hit = this.hits[at];
    if (!hit) return;
    this.chosen = hit;
    this.input.value = hit.symbol;
    this.#close();
    this.preview.of(hit.symbol);
    say(this.note, hit.listed ? `${hit.symbol} is on the watchlist already.` : `Enter adds ${hit.symbol}.`);
    this.#offerToAdd();
  }

  #offerToAdd() {
    const wanted = this.input.value.trim();
    this.button.disabled = wanted === "" || this.adding === true;
    say(this.button, wanted ? `Add ${wanted}` : "Add");
  }

  async #add() {
    const wanted = this.input.value.trim();
    if (wanted === "" || this.adding) return;
    this.adding = true;
    this.#close();
    this.#offerToAdd();
    const added = await this.edits.add(wanted);
    this.adding = false;
    if (added) {
      this.input.value = "";
      this.#typed();
    }
    this.#offerToAdd();
    this.input.focus();
  }
}

function option(hit, at) {
  const price = hit.lastPrice === null ? "" : `${presented().number(hit.lastPrice)} ${hit.quote}`;
  const mark = hit.listed ? "on the watchlist" : hit.active ? "" : "not traded any more";
  return element(
    "li",
    { role: "option", id: `found-${at}`, "aria-selected": "false", class: hit.active ? null : "inactive" },
    element("strong", {}, hit.symbol),
    element("span", { class: "quiet" }, `${hit.exchange} · ${hit.unified}`),
    element("span", { class: "price" }, price),
    mark ? element("span", { class: "mark" }, mark) : null,
  );
}
