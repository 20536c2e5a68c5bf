/* One series as the server tells it: its bars, oldest first, and the alerts that they raised. */

export const DURATION_MS = {
  "1m": 60_000,
  "5m": 300_000,
  "15m": 900_000,
  "1h": 3_600_000,
  "4h": 14_400_000,
  "1d": 86_400_000,
};

export class Course {
  constructor(symbol, timeframe) {
    this.symbol = symbol;
    this.timeframe = timeframe;
    this.duration = DURATION_MS[timeframe];
    this.bars = [];
    this.alerts = [];
    this.next = null;
    this.stale = false;
  }

  get last() {
    return this.bars.at(-1);
  }

  /* Take an answer for all that is known. */
  begin(answer) {
    this.bars = answer.results.toReversed();
    this.alerts = answer.alerts;
    this.next = answer.next;
    this.stale = answer.stale;
  }

  /* Take the page before the first bar, and return how many bars came in. */
  precede(answer) {
    const first = this.bars[0]?.openTime ?? Infinity;
    const earlier = answer.results.filter((bar) => bar.openTime < first).reverse();
    this.bars = [...earlier, ...this.bars];
    this.alerts = [...this.alerts, ...answer.alerts.filter((alert) => alert.openTime < first)];
    this.next = answer.next;
    return earlier.length;
  }

  /* Take the last bars anew, with what was corrected in them. False where bars are missing between: begin again. */
  goOn(answer) {
    const tail = answer.results.toReversed();
    if (!tail.length || !this.bars.length || tail[0].openTime > this.last.openTime + this.duration) return false;
    const from = tail[0].openTime;
    this.bars = [...this.bars.filter((bar) => bar.openTime < from), ...tail];
    this.alerts = [...answer.alerts, ...this.alerts.filter((alert) => alert.openTime < from)];
    this.stale = answer.stale;
    return true;
  }

  /* How many bars are missing before that one. */
  missingBefore(index) {
    const [before, bar] = [this.bars[index - 1], this.bars[index]];
    return before && bar ? Math.round((bar.openTime - before.openTime) / this.duration) - 1 : 0;
  }

  /* The place of the last bar that opened then or earlier; -1 where all are later. */
  indexOf(openTime) {
    let [low, high] = [0, this.bars.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.bars[middle].openTime <= openTime) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  alertsOf(openTime) {
    return this.alerts.filter((alert) => alert.openTime === openTime);
  }
}
