/* When to ask for the readings again: as soon as the engine says that they changed, and no more often than that. */

const READINGS = "/api/v1/runtime/readings";

/* Candles of many symbols come in over several seconds: the more there are, the longer it is worth to wait for more. */
const LEAST_MS = 2_000;
const PER_SYMBOL_MS = 4;
/* All pages of a server hear of a change in the same instant, and must not ask in one. */
const SPREAD_MS = 1_000;
/* For an engine that does not say when they change. */
const UNTOLD_MS = 60_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

export class ReadingsSource {
  /* `onReadings(results)` hears what is new; `onTrouble(text)` why it can't be told, empty once it can. */
  constructor({ onReadings, onTrouble }) {
    this.onReadings = onReadings;
    this.onTrouble = onTrouble;
    this.told = null;
    this.symbols = null;
    this.etag = null;
    this.there = new Set();
    this.failures = 0;
    this.asking = false;
    this.notBefore = 0;
    this.askedAt = -Infinity;
  }

  /* With each status, and as time passes; `symbols` is another text once others are watched. A page that nobody looks
   * at asks nothing. */
  heard(status, symbols) {
    const now = performance.now();
    /* Whoever adds a symbol looks for it: that waits for nothing else. */
    const others = symbols !== this.symbols && this.failures === 0;
    if (document.hidden || this.asking || now < (others ? this.askedAt + SPREAD_MS : this.notBefore)) return;
    const told = status.readingsAt ?? Math.floor(now / UNTOLD_MS);
    if (told === this.told && !others && this.failures === 0) return;
    const first = this.told === null;
    this.asking = true;
    setTimeout(() => this.#ask(told, symbols, status.activeSymbols), first ? 0 : Math.random() * SPREAD_MS);
  }

  async #ask(told, symbols, watched) {
    this.askedAt = performance.now();
    let wait = LEAST_MS + PER_SYMBOL_MS * watched.length;
    try {
      const response = await fetch(READINGS);
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      const etag = response.headers.get("ETag");
      if (etag === null || etag !== this.etag) {
        const { results } = await response.json();
        this.there = new Set(results.map((one) => one.symbol));
        this.onReadings(results);
      }
      this.etag = etag;
      this.told = told;
      /* It was told of another moment: what came back meanwhile is asked for again. */
      this.symbols = watched.every((one) => this.there.has(one)) ? symbols : null;
      this.failures = 0;
      this.onTrouble("");
    } catch (error) {
      wait = Math.min(FIRST_WAIT_MS * 2 ** this.failures, LONGEST_WAIT_MS) * (1 + Math.random() / 2);
      this.failures += 1;
      this.onTrouble(`Values can't be read: ${error.message}`);
    }
    this.notBefore = performance.now() + wait;
    this.asking = false;
  }
}
