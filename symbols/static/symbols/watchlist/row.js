/* One row of the table: made once, then only what differs is written, so that focus and selection stay. */

import { element, say, show } from "../../runtime/dom.js";
import { absolute } from "../../runtime/time.js";
import { ago, number } from "../../runtime/words.js";
import { stageOf } from "./choosing.js";
import { tag, WAYS } from "./tags.js";

const cell = (label, ...children) => element("td", { role: "cell", "data-label": label }, ...children);
const quiet = () => element("span", { class: "line quiet" });

export class Row {
  /* `editable`: with the controls that edit; the table listens to what they do. `chart`: where a symbol's chart is. */
  constructor(symbol, { editable, chart }) {
    Object.assign(this, { symbol, editable, chart });
    this.written = {};
    this.name = element("a", { class: "name", title: "Open its chart" });
    this.pair = quiet();
    this.exchange = cell("Exchange");
    this.stage = element("span", { class: "stage" });
    this.macdv = quiet();
    this.candle = element("time", {});
    this.candleOf = quiet();
    this.state = element("span", { class: "pill" });
    this.why = quiet();
    this.outcome = element("span", { class: "outcome", hidden: "" });
    this.tags = element("span", { class: "tags" });
    this.added = element("time", {});
    this.addedBy = quiet();
    this.node = element(
      "tr",
      { role: "row", "data-symbol": symbol },
      editable ? element("td", { role: "cell", class: "choice" }, (this.choice = element("input", { type: "checkbox", class: "choose" }))) : null,
      element("th", { role: "rowheader", scope: "row" }, this.name, this.pair),
      this.exchange,
      cell("Stage", this.stage, this.macdv),
      cell("Last candle", this.candle, this.candleOf),
      element("td", { role: "cell", class: "state", "data-label": "State" }, this.state, this.why, this.outcome),
      cell("On", this.#enabled()),
      cell("Priority", this.#priority()),
      element("td", { role: "cell", class: "categories", "data-label": "Categories" }, this.tags, editable ? (this.tagButton = button("tagging", "✎")) : null),
      cell("Added", this.added, this.addedBy),
      editable ? element("td", { role: "cell", class: "removal" }, (this.removal = button("remove", "×"))) : null,
    );
  }

  #enabled() {
    if (!this.editable) return (this.on = element("span", {}));
    this.on = element("input", { type: "checkbox", role: "switch", class: "switch", "data-act": "enabled" });
    return this.on;
  }

  #priority() {
    if (!this.editable) return (this.priority = element("span", {}));
    this.priority = element("select", { "data-act": "priority" }, element("option", {}, "normal"), element("option", {}, "sparse"));
    return this.priority;
  }

  /* What the settings and the categories say of it. `gone`: it has been removed, and the engine is told so just now. */
  tell(row, colours, gone, again = false) {
    const told = JSON.stringify([row, row.categories.map((name) => colours.get(name)), gone]);
    if (told === this.written.told && !again) return;
    this.written.told = told;
    this.node.classList.toggle("gone", gone);
    say(this.name, row.symbol);
    say(this.pair, row.tradable === false ? "not traded any more" : row.base ? `${row.base} / ${row.quote}` : "");
    this.pair.classList.toggle("tone-warn", row.tradable === false);
    say(this.exchange, row.exchange);
    this.tags.replaceChildren(...row.categories.map((name) => tag(name, colours.get(name))));
    this.#tellWhen(row);
    if (!this.editable) {
      say(this.on, row.enabled ? "on" : "off");
      say(this.priority, row.priority);
      return;
    }
    this.on.checked = row.enabled;
    this.priority.value = row.priority;
    for (const [control, words] of [
      [this.choice, `Choose ${row.symbol}`],
      [this.on, `${row.symbol} is on`],
      [this.priority, `Priority of ${row.symbol}`],
      [this.tagButton, `Categories of ${row.symbol}`],
      [this.removal, `Remove ${row.symbol}`],
    ]) {
      control.setAttribute("aria-label", words);
      control.disabled = gone;
    }
  }

  #tellWhen(row) {
    const by = [row.addedBy, WAYS[row.addedHow] ?? row.addedHow].filter(Boolean).join(", ");
    say(this.addedBy, by);
    this.addedAt = row.addedAt;
    this.added.title = row.addedAt ? absolute(row.addedAt) : "";
    this.added.classList.toggle("quiet", !row.addedAt);
  }

  /* How it stands now; `outcome` in words, null where no edit is under way. */
  reflect({ standing, timeframes, candle }, outcome, timeframe, nowMs) {
    this.#write("standing", `${standing.tone} ${standing.word} ${standing.detail}`, () => {
      this.state.className = `pill tone-${standing.tone}`;
      this.state.dataset.state = standing.key;
      say(this.state, standing.word);
      say(this.why, standing.detail);
    });
    const stage = stageOf(timeframes, timeframe);
    this.#write("stage", stage && `${stage.stage} ${stage.macdv} ${stage.stale}`, () => {
      this.stage.className = stage ? `stage stage-${stage.stage}` : "stage quiet";
      say(this.stage, stage ? stage.stage : "–");
      say(this.macdv, stage ? `MACD-V ${number(Math.round(stage.macdv * 10) / 10)}${stage.stale ? ", stale" : ""}` : "");
    });
    this.#write("chart", timeframe, () => {
      this.name.href = `${this.chart}?${new URLSearchParams({ symbol: this.symbol, timeframe })}`;
    });
    say(this.added, this.addedAt ? ago(nowMs - this.addedAt) : "not noted");
    say(this.candle, candle ? ago(nowMs - candle.closedAt) : "–");
    this.#write("candle", candle && candle.closedAt, () => {
      this.candle.title = candle ? absolute(candle.closedAt) : "";
      say(this.candleOf, candle ? candle.timeframe : "");
    });
    this.#write("outcome", outcome && `${outcome.word} ${outcome.message}`, () => {
      show(this.outcome, outcome !== null);
      if (outcome === null) return this.outcome.replaceChildren();
      const word = element("span", { class: `pill small tone-${outcome.tone}` }, outcome.word);
      this.outcome.dataset.step = outcome.word;
      return this.outcome.replaceChildren(word, outcome.message ? ` ${outcome.message}` : "");
    });
  }

  #write(what, value, work) {
    if (this.written[what] === value) return;
    this.written[what] = value;
    work();
  }
}

function button(act, sign) {
  return element("button", { type: "button", class: "icon", "data-act": act }, sign);
}
