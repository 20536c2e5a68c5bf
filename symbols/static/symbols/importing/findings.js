/* What a check has found: counts, each line with its verdict and what may be meant, and what can be done next. */

import { byId, element, say, show } from "../../runtime/dom.js";
import { count } from "../../runtime/words.js";
import { isGood } from "./checked.js";

const VERDICTS = {
  valid: ["new", "good"],
  duplicate: ["already there", "held"],
  unknown: ["unknown", "bad"],
  not_tradable: ["not traded", "bad"],
  ambiguous: ["ambiguous", "warn"],
  invalid: ["invalid", "bad"],
};
const SHOWN_AT_ONCE = 500;

export class Findings {
  constructor(section, { onTake, onLeaveOut, onImport }) {
    Object.assign(this, { section, onTake, shown: SHOWN_AT_ONCE });
    this.only = byId("only-problems");
    this.only.addEventListener("change", () => this.#fill());
    byId("more").addEventListener("click", () => {
      this.shown += SHOWN_AT_ONCE;
      this.#fill();
    });
    byId("take-all").addEventListener("click", () => onTake(this.checked.suggested.map((row) => [row, row.suggestion])));
    byId("leave-out").addEventListener("click", onLeaveOut);
    byId("import").addEventListener("click", onImport);
  }

  /* Show a list that was just checked. */
  begin(checked) {
    this.shown = SHOWN_AT_ONCE;
    this.only.checked = false;
    this.show(checked);
    show(this.section, true);
  }

  show(checked) {
    this.checked = checked;
    this.#count();
    this.#offer();
    this.#fill();
  }

  #count() {
    const { checked } = this;
    const parts = Object.entries(VERDICTS)
      .filter(([verdict]) => checked.number(verdict))
      .map(([verdict, [word]]) => `${checked.number(verdict)} ${word}`);
    const left = checked.leftOut ? ` ${count(checked.leftOut, "line")} left out.` : "";
    say(byId("counts"), `${count(checked.rows.length, "line")}${parts.length ? `: ${parts.join(", ")}` : ""}.${left}`);
    const notes = [
      ...checked.problems.map((problem) => ["bad", `${problem.path}: ${problem.message}.`]),
      ...(checked.newCategories.length ? [["busy", `New categories are made: ${checked.newCategories.join(", ")}.`]] : []),
      ...(checked.leftAside.length ? [["warn", `Columns left aside: ${checked.leftAside.join(", ")}.`]] : []),
    ];
    byId("notes").replaceChildren(...notes.map(([tone, text]) => element("li", { class: `tone-${tone}` }, text)));
  }

  #offer() {
    const { bad, suggested, changing, problems } = this.checked;
    offer(byId("take-all"), suggested.length > 1, `Take all ${suggested.length} suggestions`);
    offer(byId("leave-out"), bad.length > 0, `Leave out ${count(bad.length, "bad line")}`);
    show(byId("filter"), bad.length > 0);
    const button = byId("import");
    say(button, changing ? `Import ${count(changing, "symbol")}` : "Import");
    const reason = bad.length
      ? `${count(bad.length, "line")} must be put right, or left out, first.`
      : problems.length
        ? "The watchlist can't be like this."
        : changing === 0
          ? "There is nothing to import: the watchlist is like this already."
          : "";
    say(byId("reason"), reason);
    button.disabled = reason !== "";
  }

  #fill() {
    const rows = this.only.checked ? this.checked.bad : this.checked.rows;
    byId("rows").replaceChildren(...rows.slice(0, this.shown).map((row) => this.#line(row)));
    offer(byId("more"), rows.length > this.shown, `Show ${Math.min(SHOWN_AT_ONCE, rows.length - this.shown)} more lines`);
  }

  #line(row) {
    const [word, tone] = VERDICTS[row.verdict];
    const told = element("td", { class: "told" }, row.message ? sentence(row.message) : "", this.#extras(row));
    if (!isGood(row)) {
      for (const symbol of row.candidates) {
        const button = element("button", { type: "button", class: "button take", "aria-label": `Line ${row.line}: take ${symbol}` }, `Take ${symbol}`);
        button.addEventListener("click", () => this.onTake([[row, symbol]]));
        told.append(" ", button);
      }
    }
    return element(
      "tr",
      { class: isGood(row) ? null : "bad" },
      element("td", { class: "number", "data-label": "Line" }, String(row.line)),
      element("th", { scope: "row" }, row.symbol || "–"),
      element("td", {}, element("span", { class: `state state-${tone}` }, word)),
      told,
    );
  }

  #extras(row) {
    if (row.verdict !== "valid") return "";
    const parts = [
      row.enabled === false ? "switched off" : "",
      row.priority === "sparse" ? "sparse" : "",
      row.categories.length ? `in ${row.categories.join(", ")}` : "",
    ].filter(Boolean);
    return parts.length ? element("span", { class: "quiet" }, ` ${parts.join("; ")}`) : "";
  }
}

function offer(button, wanted, text) {
  show(button, wanted);
  button.disabled = false;
  say(button, text);
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;
