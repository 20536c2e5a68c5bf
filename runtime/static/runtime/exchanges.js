/* A card for each exchange: whether it is connected and since when, how fast it answers, and what it misses. */

import { byId, element, say, setTone, show } from "./dom.js";
import { Sparkline } from "./sparkline.js";
import { presented, setMoment } from "./time.js";
import * as words from "./words.js";

const WINDOW_MS = 5 * 60_000;

const cards = new Map();

export function showExchanges(status) {
  const { exchanges } = status;
  const list = byId("exchanges");
  const there = new Set(exchanges.map((one) => one.exchange));
  for (const [name, card] of cards) {
    if (there.has(name)) continue;
    card.item.remove();
    cards.delete(name);
  }
  exchanges.forEach((one, at) => {
    if (!cards.has(one.exchange)) cards.set(one.exchange, new Card(one.exchange));
    const card = cards.get(one.exchange);
    card.show(one, status);
    if (list.children[at] !== card.item) list.insertBefore(card.item, list.children[at] ?? null);
  });
  while (list.children.length > exchanges.length) list.lastElementChild.remove();
  show(byId("no-exchanges"), exchanges.length === 0);
  const labels = exchanges.map(words.exchangeLabel).filter(Boolean);
  show(byId("market-notice"), labels.length > 0);
  if (labels.length) say(byId("market-notice"), labels.join(", "));
}

class Card {
  constructor(exchange) {
    this.dot = element("span", { class: "dot" });
    this.state = element("span");
    this.since = element("span", { class: "quiet end" });
    this.websocket = element("span");
    this.rest = element("dd");
    this.last = element("dd");
    this.reconnects = element("dd");
    this.stale = element("dd");
    this.confirmed = element("p", { class: "small quiet", title: "So many of its bars were read again and compared" });
    this.label = element("p", { class: "small invented" });
    this.message = element("p", { class: "small quiet" });
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "sparkline");
    this.latencies = new Sparkline(svg, WINDOW_MS);
    this.item = element(
      "li",
      { class: "exchange", "data-exchange": exchange },
      element("p", { class: "exchange-head" }, this.dot, element("strong", {}, exchange), " ", this.state, this.since),
      element(
        "dl",
        { class: "health" },
        element("div", { class: "wide" }, element("dt", {}, "Websocket"), element("dd", {}, this.websocket, svg)),
        fact("REST", this.rest),
        fact("Last message", this.last),
        fact("Reconnects", this.reconnects),
        fact("Stale series", this.stale),
      ),
      this.confirmed,
      this.label,
      this.message,
    );
  }

  show(one, status) {
    setTone(this.dot, words.EXCHANGE_TONES[one.state] ?? "warn");
    say(this.state, one.state);
    this.#since(one.connectedSince);
    say(this.websocket, milliseconds(one.latencyMs));
    say(this.rest, milliseconds(one.restLatencyMs));
    setMoment(this.last, one.lastMessageAt, "none yet");
    say(this.reconnects, one.reconnects);
    const stale = words.staleOn(one.exchange, status.staleSeries);
    say(this.stale, stale);
    this.stale.classList.toggle("mark", stale > 0);
    if (stale) setTone(this.stale, "warn");
    optional(this.confirmed, words.confirmed(one.checkedShare));
    optional(this.label, words.exchangeLabel(one));
    optional(this.message, one.message ?? "");
    this.#note(one, status);
  }

  #since(ms) {
    if (this.since.dataset.shown === String(ms ?? "")) return;
    this.since.dataset.shown = ms ?? "";
    this.since.replaceChildren(...(ms ? ["since ", element("span")] : []));
    if (ms) setMoment(this.since.lastElementChild, ms);
  }

  /* While the engine is silent nothing is measured, and the line stands still. */
  #note(one, status) {
    if (!status.timestamp || !this.latencies.add(status.timestamp, one.latencyMs)) return;
    const { range } = this.latencies;
    this.latencies.draw(
      range
        ? `Websocket latency since ${presented().clock(range.since)}, at most 5 minutes: ` +
            `${milliseconds(range.lowest)} to ${milliseconds(range.highest)}`
        : "No websocket latency was measured yet",
    );
  }
}

function fact(name, value) {
  return element("div", {}, element("dt", {}, name), value);
}

function optional(line, text) {
  say(line, text);
  show(line, text !== "");
}

function milliseconds(value) {
  return value === null || value === undefined ? "–" : `${presented().number(value)} ms`;
}
