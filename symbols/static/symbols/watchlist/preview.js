/* What is known of one instrument's market, before it is added. */

import { ask } from "../../settingsapp/editor/server.js";
import { element, show } from "../../runtime/dom.js";
import { absolute, presented } from "../../runtime/time.js";
import { ago } from "../../runtime/words.js";

const METRICS = "/api/v1/symbols/metrics";
const WAIT_MS = 120;
const AGAIN_MS = 2_000;
const MOST_TRIES = 5;

export class Preview {
  constructor(box, now) {
    Object.assign(this, { box, now, symbol: null });
  }

  hide() {
    this.symbol = null;
    clearTimeout(this.timer);
    show(this.box, false);
  }

  /* Soon: who walks through a list with the arrow keys asks for the last one alone. */
  of(symbol) {
    if (symbol === this.symbol) return;
    this.symbol = symbol;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#ask(symbol, 0), WAIT_MS);
  }

  async #ask(symbol, tries) {
    let content;
    try {
      const found = await ask("GET", `${METRICS}?${new URLSearchParams({ symbol })}`);
      if (symbol !== this.symbol) return;
      content = this.#told(found);
      if (found.stale && found.refreshing && tries < MOST_TRIES) this.timer = setTimeout(() => this.#ask(symbol, tries + 1), AGAIN_MS);
    } catch (error) {
      if (error.status === undefined) throw error;
      if (symbol !== this.symbol) return;
      content = [element("p", { class: "problem" }, error.message)];
    }
    this.box.replaceChildren(...content);
    show(this.box, true);
  }

  #told(found) {
    const number = (value, unit = "") => (value === null ? "not told" : presented().number(value) + unit);
    const sign = found.change24h > 0 ? "+" : "";
    const facts = [
      ["Last price", number(found.lastPrice, ` ${found.quote}`)],
      ["Change 24 h", found.change24h === null ? "not told" : `${sign}${number(Math.round(found.change24h * 100) / 100)} %`, tone(found.change24h)],
      ["Volume 24 h", found.volume24h === null ? "not told" : `${number(Math.round(found.volume24h))} ${found.quote}`],
      ["Traded", found.active ? "yes" : "not any more", found.active ? "good" : "bad"],
      ["Price step", number(found.priceStep)],
      ["Amount step", number(found.amountStep)],
    ];
    return [
      element("h3", {}, found.symbol, element("span", { class: "quiet" }, ` ${found.exchange}, ${found.unified}`)),
      element("dl", {}, ...facts.map(([name, text, way]) => element("div", {}, element("dt", {}, name), element("dd", { class: way && `tone-${way}` }, text)))),
      element("p", { class: "quiet", title: found.pricedAt ? absolute(found.pricedAt) : null }, this.#freshness(found)),
    ];
  }

  #freshness(found) {
    const invented = found.exchange === "simulated" ? "Simulated market, invented prices. " : "";
    const listed = found.listed ? "It is on the watchlist already. " : "";
    const newer = found.stale && found.refreshing ? "; newer ones are being read" : "";
    const problem = found.problem ? `; the last reading failed: ${found.problem}` : "";
    const age = found.pricedAt ? `Prices from ${ago(this.now() - found.pricedAt)}` : "No prices are known";
    return `${invented}${listed}${age}${newer}${problem}.`;
  }
}

function tone(change) {
  return change > 0 ? "good" : change < 0 ? "bad" : null;
}
