/* What the engine does, by the websocket, and what the indicators say, asked for when they have changed. */

import { showConnection } from "../../runtime/connection_pill.js";
import { byId, say, setTone } from "../../runtime/dom.js";
import { listen } from "../../runtime/listening.js";
import { ReadingsSource } from "../../runtime/readings_source.js";
import { face, sentence } from "../../runtime/words.js";

/* A thousand rows are looked through each time. */
const TICK_MS = 1_000;

export class Live {
  /* `onStatus(status)`: what may be said now, each second and with each news; `onAnswer`, `onSnapshot`, `onReadings(map)`. */
  constructor({ onStatus, onAnswer, onSnapshot, onReadings }) {
    Object.assign(this, { onStatus, onAnswer, onSnapshot });
    this.readings = new ReadingsSource({
      onReadings: (results) => onReadings(new Map(results.map((one) => [one.symbol, one.timeframes]))),
      onTrouble: (text) => say(byId("readings-trouble"), text && `${text}; below are the last that were read.`),
    });
    this.clock = { now: () => Date.now() };
    this.symbols = null;
  }

  begin() {
    this.clock = listen({
      status: null,
      tickMs: TICK_MS,
      onStatus: (status, nowMs, told) => this.#tell(status, nowMs, told),
      onSnapshot: () => this.onSnapshot(),
      onMessage: (message) => this.onAnswer(message),
      onState: (state) => this.#state(state),
    });
  }

  now() {
    return this.clock.now();
  }

  #tell(status, nowMs, told) {
    if (this.state === "live") showPill(face(status.state).word, face(status.state).tone);
    say(byId("engine"), sentence(status, nowMs));
    this.onStatus(status);
    if (told.activeSymbols !== this.symbols) {
      this.symbols = told.activeSymbols;
      this.watched = this.symbols.join();
    }
    this.readings.heard(told, this.watched);
  }

  #state(state) {
    this.state = state;
    /* Once it is live, the snapshot that comes with it is shown instead. */
    if (state !== "live") showConnection(state);
  }
}

/* The engine's state stands where a broken connection would: one of the two is what counts. */
function showPill(text, tone) {
  setTone(byId("connection"), tone);
  say(byId("connection"), text);
}
