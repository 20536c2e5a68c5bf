/* The chart as one moves in it: which bars are in view, and which one is pointed at. */

import { byId } from "../dom.js";
import { bindKeys, bindPointers } from "./gestures.js";
import { Markers } from "./markers.js";
import { Picture } from "./picture.js";
import { showReadout, spokenBar } from "./readout.js";
import * as spans from "./span.js";

const WANTED_SPACING = 9;
/* Nearer to the first bar than that, earlier ones are asked for. */
const NEAR_THE_EDGE = 40;

export class Chart {
  /**
   * `settledBars`: so many MACD-V needs. `onEdge()`: earlier bars would be in view soon. `onFirst()`: all that are kept
   * are wanted; to be waited for. `onAlerts(cluster)`: a mark was pressed. `onView(course, from, until)`: other bars are in view.
   */
  constructor({ settledBars, onEdge, onFirst, onAlerts, onView }) {
    Object.assign(this, { settledBars, onEdge, onFirst, onView });
    this.plot = byId("plot");
    this.picture = new Picture(this.plot);
    this.markers = new Markers(byId("markers"), byId("tip"), (cluster) => {
      this.#pointAt(cluster.openTime);
      onAlerts(cluster);
    });
    this.course = null;
    this.span = null;
    this.pointed = null;
    this.height = null;
    bindPointers(this.plot, {
      pan: (px) => this.#move(spans.moved(this.span, -px / this.drawn.places.spacing, this.total)),
      zoom: (factor, x) => this.zoom(factor, x / this.drawn.layout.right),
      point: (x, y) => this.#pointAtPlace(this.drawn?.places.index(x) ?? 0, y),
      leave: () => this.#pointAt(null),
      reset: () => this.latest(),
    });
    bindKeys(this.plot, {
      step: (bars) => this.#pointAtPlace(this.index + bars, null, true),
      go: (where) => this.#go(where),
      alert: (by) => this.#toAlert(by),
      zoom: (factor) => this.zoom(factor, 0.5),
      page: (by) => this.#pointAtPlace(this.index + by * Math.round(this.span?.count ?? 0), null, true),
      leave: () => this.#pointAt(null),
    });
    new ResizeObserver(() => this.render()).observe(this.plot);
  }

  get total() {
    return this.course?.bars.length ?? 0;
  }

  /* The bar that the figures are of: the one pointed at, or else the last. */
  get index() {
    if (this.pointed === null) return this.total - 1;
    return Math.max(this.course.indexOf(this.pointed), 0);
  }

  /* Another course, or the same read anew; `at`: the bar (ms) to begin with, null for the newest. */
  begin(course, at = null) {
    const same = this.course?.symbol === course.symbol && this.course?.timeframe === course.timeframe;
    const kept = same && this.span && !this.newest ? this.leftmost : null;
    this.course = course;
    if (!same) this.pointed = null;
    const wanted = same && this.span ? this.span.count : Math.max(this.plot.clientWidth / WANTED_SPACING, 30);
    this.span = spans.newest(wanted, this.total);
    if (kept !== null) this.span = spans.moved(this.span, course.indexOf(kept) - this.span.first, this.total);
    if (at !== null && course.indexOf(at) >= 0) {
      this.span = spans.centred(this.span, course.indexOf(at), this.total);
      this.pointed = course.bars[course.indexOf(at)].openTime;
    }
    this.#settle();
  }

  /* Nothing is to be seen until the next course begins. */
  clear() {
    this.course = this.span = this.pointed = null;
    this.plot.parentElement.classList.add("blank");
    showReadout({ bars: [] }, 0, this.settledBars);
  }

  /* So many bars came in before the first. */
  shift(bars) {
    this.span = spans.moved({ ...this.span, first: this.span.first + bars }, 0, this.total);
    this.#settle();
  }

  /* Bars came in behind the last: who looks at the newest goes on doing so. */
  advance() {
    this.span = this.newest ? spans.newest(this.span.count, this.total) : spans.moved(this.span, 0, this.total);
    this.#settle();
  }

  zoom(factor, anchor) {
    if (!this.total) return false;
    const before = this.span;
    this.#move(spans.zoomed(before, factor, Math.min(Math.max(anchor, 0), 1), this.total));
    return Math.abs(this.span.count - before.count) > 0.01;
  }

  /* By a share of what is in view; below 0 to earlier bars. */
  page(share) {
    if (this.total) this.#move(spans.moved(this.span, this.span.count * share, this.total));
  }

  latest() {
    if (!this.total) return;
    this.pointed = null;
    this.#move(spans.newest(this.span.count, this.total));
  }

  /* Draw with the browser's next picture. */
  render() {
    this.planned ??= requestAnimationFrame(() => {
      this.planned = null;
      this.#draw();
    });
  }

  #settle() {
    this.newest = spans.isNewest(this.span, this.total);
    this.leftmost = this.course.bars[Math.round(this.span.first)]?.openTime ?? null;
    if (this.span.first < NEAR_THE_EDGE && this.course.next) this.onEdge();
    this.render();
  }

  #move(span) {
    this.span = span;
    this.#settle();
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this.plot;
    this.plot.parentElement.classList.toggle("blank", !this.total);
    if (!this.total || !width) return;
    this.drawn = this.picture.draw(this.course, this.span, width, height);
    this.markers.draw(this.course, this.drawn);
    this.onView(this.course, ...this.drawn.places.bounds);
    this.#show();
  }

  #show() {
    if (!this.total) return;
    const { index } = this;
    this.picture.point(this.course, this.pointed === null ? null : index, this.height);
    showReadout(this.course, index, this.settledBars);
    this.plot.setAttribute("aria-valuemax", this.total - 1);
    this.plot.setAttribute("aria-valuenow", index);
    this.plot.setAttribute("aria-valuetext", spokenBar(this.course, index, this.settledBars));
  }

  #pointAt(openTime) {
    this.pointed = openTime;
    this.height = null;
    this.#show();
  }

  #pointAtPlace(index, height, follow = false) {
    if (!this.total) return;
    const place = Math.min(Math.max(index, 0), this.total - 1);
    this.pointed = this.course.bars[place].openTime;
    this.height = height;
    if (follow) this.#move(spans.including(this.span, place, this.total));
    /* The name and the value of a slider are read at once, not with the next picture. */
    this.#show();
  }

  async #go(where) {
    const { course } = this;
    if (where === "first" && this.total) await this.onFirst();
    if (course === this.course) this.#pointAtPlace(where === "first" ? 0 : this.total - 1, null, true);
  }

  #toAlert(by) {
    if (!this.total) return;
    const here = this.course.bars[this.index].openTime;
    const times = this.course.alerts.map((alert) => alert.openTime).filter((time) => (time - here) * by > 0);
    if (times.length) this.#pointAtPlace(this.course.indexOf(by > 0 ? Math.min(...times) : Math.max(...times)), null, true);
  }
}
