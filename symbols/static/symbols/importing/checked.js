/* The lines of a list with their verdicts, as far as the reader has put them right. Knows nothing of the page. */

const GOOD = new Set(["valid", "duplicate"]);

export class Checked {
  /* `answer`: what a dry run told. */
  constructor(answer) {
    this.rows = answer.rows;
    this.leftOut = 0;
    this.#take(answer);
    this.leftAside = answer.leftAside;
  }

  get bad() {
    return this.rows.filter((row) => !isGood(row));
  }

  get suggested() {
    return this.bad.filter((row) => row.candidates.length === 1);
  }

  /* How many symbols of the watchlist would be others. */
  get changing() {
    return this.rows.filter((row) => isGood(row) && row.changes).length;
  }

  number(verdict) {
    return this.rows.filter((row) => row.verdict === verdict).length;
  }

  /* What can be sent: the good lines, and those of which a suggestion was taken. */
  get sendable() {
    return this.#sendable.map(({ line, symbol, enabled, priority, categories, added }) => ({
      line,
      symbol,
      enabled: enabled ?? undefined,
      priority: priority ?? undefined,
      categories: categories.length ? categories : undefined,
      added: added ?? undefined,
    }));
  }

  get #sendable() {
    return this.rows.filter((row) => isGood(row) || row.taken);
  }

  /* `taken`: pairs of a line and the symbol that is meant by it. */
  take(taken) {
    for (const [row, symbol] of taken) Object.assign(row, { symbol, taken: true });
  }

  leaveOut() {
    this.leftOut += this.bad.length;
    this.rows = this.rows.filter(isGood);
    this.problems = [];
  }

  /* `answer`: what a dry run told of the lines that can be sent. */
  renew(answer) {
    const renewed = answer.rows.values();
    this.rows = this.rows.map((row) => (isGood(row) || row.taken ? renewed.next().value : row));
    this.#take(answer);
  }

  #take(answer) {
    this.newCategories = answer.newCategories;
    this.problems = answer.problems;
    this.version = answer.version;
  }
}

export const isGood = (row) => GOOD.has(row.verdict);
