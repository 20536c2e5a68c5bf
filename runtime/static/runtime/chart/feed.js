/* Keeps a course up to date: reads it, asks again when the next bar must have closed, and comes back after trouble. */

import { Course } from "./course.js";
import { read, readCandles, Trouble } from "./reading.js";

const PAGE = 400;
const MOST = 1_500;
const TAIL = 50;
/* A bar is told shortly after it has closed. */
const GRACE_MS = 700;
const SOON_MS = 2_000;
const LONGEST_WAIT_MS = 15_000;

export class Feed {
  /**
   * `now()`: the server's clock. `onBegun(course)`: read as a whole; `onEarlier(bars)`: so many came in before the first;
   * `onWent(course)`: the last bars were read anew; `onTrouble(trouble)`: null once it is over.
   */
  constructor({ now, onBegun, onEarlier, onWent, onTrouble }) {
    Object.assign(this, { now, onBegun, onEarlier, onWent, onTrouble });
    this.wait = SOON_MS;
  }

  /* Follow another series from now on. */
  open(symbol, timeframe) {
    this.abort?.abort();
    this.abort = new AbortController();
    this.course = new Course(symbol, timeframe);
    this.running = null;
    this.stopped = false;
    this.again();
    return this.tick();
  }

  /* Read everything anew. */
  again() {
    this.whole = true;
    this.hurry();
  }

  /* Look for news now. */
  hurry() {
    this.wait = SOON_MS;
    this.dueAt = 0;
  }

  /* To be called often. */
  async tick() {
    if (this.running || this.stopped || this.now() < this.dueAt) return;
    const { course } = this;
    if (this.whole || !course.bars.length) {
      const limit = Math.min(Math.max(course.bars.length, PAGE), MOST);
      await this.#run(
        (signal) => readCandles(course.symbol, course.timeframe, limit, signal),
        (answer) => {
          this.whole = false;
          course.begin(answer);
          this.onBegun(course);
        },
      );
    } else {
      await this.#run(
        (signal) => readCandles(course.symbol, course.timeframe, TAIL, signal),
        (answer) => {
          this.whole = !course.goOn(answer);
          if (!this.whole) this.onWent(course);
        },
      );
    }
  }

  /* Read the page before the first bar, where there is one and nothing else is being read. */
  async earlier() {
    if (this.running || this.stopped || !this.course.next) return;
    const { course } = this;
    await this.#run(
      (signal) => read(course.next, signal),
      (answer) => this.onEarlier(course.precede(answer)),
    );
  }

  /* Read earlier pages until that bar is there. False where it is not kept, null where that can't be known now. */
  async reach(openTime) {
    const { course } = this;
    while (course === this.course && course.bars[0]?.openTime > openTime) {
      if (!course.next) return false;
      const { running } = this;
      const before = course.bars.length;
      await (running ?? this.earlier());
      if (!running && course.bars.length === before) return null;
    }
    return course === this.course && course.bars.length > 0 ? true : null;
  }

  #run(ask, take) {
    const { abort } = this;
    this.running = this.#ask(ask, take, abort).finally(() => {
      if (abort === this.abort) this.running = null;
    });
    return this.running;
  }

  async #ask(ask, take, abort) {
    const lastBefore = this.course.last?.openTime;
    try {
      const answer = await ask(abort.signal);
      if (abort !== this.abort) return;
      take(answer);
      this.onTrouble(null);
      this.#plan(lastBefore);
    } catch (error) {
      if (abort !== this.abort || error.name === "AbortError") return;
      if (!(error instanceof Trouble)) throw error;
      this.stopped = error.kind === "signed-out";
      this.#later();
      this.onTrouble(error);
    }
  }

  #plan(lastBefore) {
    const { last, duration } = this.course;
    if (this.whole) this.dueAt = 0;
    else if (last && last.openTime !== lastBefore) {
      this.wait = SOON_MS;
      this.dueAt = Math.max(this.now() + SOON_MS, last.openTime + 2 * duration + GRACE_MS);
    } else if (last && this.now() < last.openTime + 2 * duration) this.dueAt = last.openTime + 2 * duration + GRACE_MS;
    else this.#later();
  }

  #later() {
    this.dueAt = this.now() + this.wait;
    this.wait = Math.min(this.wait * 1.5, LONGEST_WAIT_MS);
  }
}
