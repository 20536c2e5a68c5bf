/* The picture: candles above, stages and MACD-V beneath, all against the same time. */

import { presented } from "../time.js";
import { timeTicks } from "./calendar.js";
import { layoutOf, Places } from "./layout.js";
import { extent, fixed, placesOf, pricePlaces, Scale, ticks } from "./scale.js";
import { line, rectangle, set, stroke, svg } from "./svg.js";

const LEVELS = [-150, -50, 0, 50, 150];
const LABELLED = [-1000, -800, -600, -450, -300, ...LEVELS, 300, 450, 600, 800, 1000];
const LETTER = 6.6;
const STAGES = ["oversold", "rebounding", "rallying", "overbought", "retracing", "reversing", "ranging"];
const PATHS = [
  ...["grid", "levels", "few", ...STAGES.map((stage) => `band stage-${stage}`)],
  ...["histogram-up", "histogram-down", "zero", "line-signal", "line-macdv"],
  ...["gaps", "synthetic", "rising", "falling", "edges", "last"],
];

export class Picture {
  constructor(holder) {
    this.paths = Object.fromEntries(PATHS.map((name) => [name, svg("path", { class: name })]));
    this.texts = svg("g");
    this.crosshair = svg("path", { class: "crosshair" });
    this.tags = svg("g");
    const few = svg(
      "pattern",
      { id: "too-few", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("path", { class: "hatch", d: "M0 0V7" }),
    );
    this.edge = svg("rect", { x: 0, y: 0 });
    const { grid, ...within } = this.paths;
    this.root = svg(
      "svg",
      { "aria-hidden": "true", focusable: "false" },
      svg("defs", {}, few, svg("clipPath", { id: "within" }, this.edge)),
      grid,
      svg("g", { "clip-path": "url(#within)" }, ...Object.values(within)),
    );
    this.root.append(this.texts, this.crosshair, this.tags);
    holder.append(this.root);
  }

  /* Draw the bars in view. Returns where they are: `{layout, places}`. */
  draw(course, span, width, height) {
    const { bars } = course;
    const [from, until] = new Places(span, 1).bounds;
    const shown = bars.slice(from, until);
    const price = priceRange(shown);
    const step = ticks(price[0], price[1], height / 90);
    const places = Math.max(placesOf(step.step), 0);
    const labels = labelWidth(width, [...step.values.map((value) => fixed(value, places)), lastLabel(bars)]);
    this.layout = layoutOf(width, height, labels);
    this.places = new Places(span, this.layout.right);
    this.price = new Scale(...price, this.layout.price.top, this.layout.price.bottom);
    this.macdv = new Scale(...macdvRange(shown), this.layout.macdv.top + 4, this.layout.macdv.bottom - 4);
    this.pricePlaces = Math.max(places, pricePlaces(bars.at(-1)?.close ?? 0));
    set(this.root, { viewBox: `0 0 ${width} ${height}`, width, height });
    set(this.edge, { width: this.layout.right, height });
    const texts = [];
    this.#axes(course, from, until, step, places, texts);
    this.#stages(bars, from, until, texts);
    this.#candles(course, from, until, texts);
    this.#momentum(bars, from, until);
    this.texts.replaceChildren(...texts);
    this.point(course, null);
    return { layout: this.layout, places: this.places };
  }

  /* Show the crosshair at a place; `y` (px) is null where it only follows bars. */
  point(course, index, y = null) {
    const bar = index === null ? null : course.bars[index];
    if (!bar) {
      set(this.crosshair, { d: "" });
      this.tags.replaceChildren();
      return;
    }
    const { layout } = this;
    const x = Math.round(this.places.x(index)) + 0.5;
    const tags = [this.#timeTag(x, presented().absolute(bar.openTime))];
    let path = stroke(x, 0, x, layout.axis.top);
    const inPrice = y !== null && y < layout.price.bottom;
    if (inPrice || (y !== null && y > layout.macdv.top && y < layout.macdv.bottom)) {
      path += stroke(0, y, layout.right, y);
      const text = inPrice ? fixed(this.price.value(y), this.pricePlaces) : fixed(this.macdv.value(y), 1);
      tags.push(tag(layout.right + 2, y, text, layout.width - layout.right - 2, "tag-cursor"));
    }
    set(this.crosshair, { d: path });
    this.tags.replaceChildren(...tags);
  }

  #axes(course, from, until, prices, places, texts) {
    const { layout } = this;
    let grid = "";
    const last = course.last;
    const lastY = last ? this.price.y(last.close) : -100;
    for (const value of prices.values) {
      const y = Math.round(this.price.y(value)) + 0.5;
      grid += stroke(0, y, layout.right, y);
      if (Math.abs(y - lastY) > 15) texts.push(text(layout.right + 6, y + 4, fixed(value, places), "axis"));
    }
    const room = Math.ceil((labelOf(course) * LETTER + 18) / this.places.spacing);
    for (const { index, text: label, isDay } of timeTicks(course.bars, from, until, room, course.duration, presented())) {
      const x = Math.round(this.places.x(index)) + 0.5;
      grid += stroke(x, 0, x, layout.axis.top);
      const half = (label.length * LETTER) / 2;
      if (x - half < 0 || x + half > layout.width) continue;
      texts.push(text(x, layout.axis.bottom - 7, label, isDay ? "axis middle day" : "axis middle"));
    }
    for (const pane of [layout.lane, layout.ribbon, layout.axis]) grid += stroke(0, pane.top + 0.5, layout.width, pane.top + 0.5);
    set(this.paths.grid, { d: grid });
    texts.push(text(layout.right + 6, layout.lane.top + 17, "alerts", "axis"));
    texts.push(text(layout.right + 6, layout.ribbon.top + 12, "stage", "axis"));
    if (last) {
      set(this.paths.last, { d: stroke(0, lastY, layout.right, lastY) });
      if (lastY > 0 && lastY < layout.price.bottom) {
        texts.push(tag(layout.right + 2, lastY, lastLabel(course.bars), layout.width - layout.right - 2, "tag-last"));
      }
    } else set(this.paths.last, { d: "" });
    this.#levels(texts);
  }

  #levels(texts) {
    const { layout, macdv } = this;
    const inView = (value) => value > macdv.low && value < macdv.high;
    let levels = "";
    for (const level of LEVELS.filter(inView)) {
      if (level !== 0) levels += stroke(0, Math.round(macdv.y(level)) + 0.5, layout.right, Math.round(macdv.y(level)) + 0.5);
    }
    set(this.paths.levels, { d: levels });
    const zero = Math.round(macdv.y(0)) + 0.5;
    set(this.paths.zero, { d: stroke(0, zero, layout.right, zero) });
    let lowest = Infinity;
    for (const level of LABELLED.filter(inView)) {
      const y = macdv.y(level);
      if (lowest - y < 13) continue;
      lowest = y;
      texts.push(text(layout.right + 6, y + 4, fixed(level, 0), "axis"));
    }
  }

  #stages(bars, from, until, texts) {
    const { layout, places } = this;
    const bands = Object.fromEntries(STAGES.map((stage) => [stage, ""]));
    let few = "";
    for (let index = from; index < Math.min(until, bars.length); ) {
      const stage = stageOf(bars[index]);
      const begun = index;
      while (index < Math.min(until, bars.length) && stageOf(bars[index]) === stage) index += 1;
      const x = Math.max(places.x(begun) - places.spacing / 2, 0);
      const width = Math.min(places.x(index - 1) + places.spacing / 2, layout.right) - x;
      const area = rectangle(x, layout.ribbon.top + 1, width, layout.macdv.bottom - layout.ribbon.top - 1);
      const label = stage ?? "not enough bars yet";
      if (stage === null) few += area;
      else bands[stage] += area;
      if (width > label.length * LETTER + 6) {
        texts.push(text(x + width / 2, layout.ribbon.top + 12, label, `stage-name middle ${stage ? `stage-${stage}` : "axis"}`));
      }
    }
    set(this.paths.few, { d: few, fill: "url(#too-few)" });
    for (const stage of STAGES) set(this.paths[`band stage-${stage}`], { d: bands[stage] });
  }

  #candles(course, from, until, texts) {
    const { places, price, layout } = this;
    const paths = { rising: "", falling: "", synthetic: "", edges: "", gaps: "" };
    const body = Math.max(Math.min(places.spacing * 0.72, places.spacing - 1.5), 1);
    for (let index = from; index < Math.min(until, course.bars.length); index += 1) {
      const bar = course.bars[index];
      const x = Math.round(places.x(index)) + 0.5;
      if (x > layout.right) continue;
      const missing = course.missingBefore(index);
      if (missing > 0) {
        const edge = Math.round(x - places.spacing / 2) + 0.5;
        paths.gaps += stroke(edge, 0, edge, layout.axis.top);
        texts.push(text(edge + 4, 14, `${missing} missing`, "gap-name"));
      }
      const top = price.y(Math.max(bar.open, bar.close));
      const bottom = Math.max(price.y(Math.min(bar.open, bar.close)), top + 1);
      if (bar.synthetic) {
        paths.synthetic += stroke(x - body / 2, top, x + body / 2 + 0.5, top);
        continue;
      }
      const kind = bar.close >= bar.open ? "rising" : "falling";
      if (body < 2.5) paths[kind] += stroke(x, price.y(bar.high), x, Math.max(price.y(bar.low), price.y(bar.high) + 1));
      else {
        paths[kind] += stroke(x, price.y(bar.high), x, top) + stroke(x, bottom, x, price.y(bar.low));
        paths[kind] += rectangle(x - body / 2, top, body, bottom - top);
      }
    }
    for (const [name, d] of Object.entries(paths)) set(this.paths[name], { d });
    this.root.classList.toggle("thin", body < 2.5);
  }

  #momentum(bars, from, until) {
    const { places, macdv, layout } = this;
    /* One more on each side, so that the lines run on to the edges. */
    const [first, end] = [Math.max(from - 1, 0), Math.min(until + 1, bars.length)];
    const zero = macdv.y(0);
    const lines = { macdv: [], signal: [] };
    let [up, down] = ["", ""];
    const width = Math.max(places.spacing * 0.6, 1);
    for (let index = first; index < end; index += 1) {
      const bar = bars[index];
      const x = places.x(index);
      const known = isKnown(bar) && x <= layout.right + places.spacing;
      for (const name of ["macdv", "signal"]) {
        lines[name].push(known ? [Math.min(x, layout.right), clamped(macdv, bar[name])] : null);
      }
      if (!known || x > layout.right || x < 0) continue;
      const y = clamped(macdv, bar.histogram);
      if (bar.histogram >= 0) up += rectangle(x - width / 2, y, width, zero - y);
      else down += rectangle(x - width / 2, zero, width, y - zero);
    }
    set(this.paths["line-macdv"], { d: line(lines.macdv) });
    set(this.paths["line-signal"], { d: line(lines.signal) });
    set(this.paths["histogram-up"], { d: up });
    set(this.paths["histogram-down"], { d: down });
  }

  #timeTag(x, label) {
    const { layout } = this;
    const width = label.length * LETTER + 12;
    return tag(Math.max(Math.min(x - width / 2, layout.width - width), 0), layout.axis.top + 12, label, width, "tag-cursor");
  }
}

/* What the engine itself would say, or near enough to it. */
export function isKnown(bar) {
  return bar.settled && bar.macdv !== null;
}

function stageOf(bar) {
  return isKnown(bar) ? bar.stage : null;
}

function clamped(scale, value) {
  return Math.min(Math.max(scale.y(value), scale.top - 4), scale.bottom + 4);
}

function priceRange(bars) {
  if (!bars.length) return [0, 1];
  return extent(Math.min(...bars.map((bar) => bar.low)), Math.max(...bars.map((bar) => bar.high)), 0.06);
}

function macdvRange(bars) {
  const values = bars.filter(isKnown).flatMap((bar) => [bar.macdv, bar.signal, bar.histogram]);
  /* The calm middle always shows, so that one sees how far from it the values are. */
  return extent(Math.min(-60, ...values), Math.max(60, ...values), 0.05);
}

function lastLabel(bars) {
  const close = bars.at(-1)?.close ?? 0;
  return fixed(close, pricePlaces(close));
}

function labelOf(course) {
  const sample = course.last?.openTime ?? 0;
  const shown = presented();
  return Math.max(shown.date(sample).length, shown.hourAndMinute(sample).length);
}

function labelWidth(width, labels) {
  const wanted = Math.max(...labels.map((label) => label.length)) * LETTER + 14;
  return Math.min(Math.max(wanted, 52), width / 3);
}

function text(x, y, content, name) {
  return svg("text", { x, y, class: name }, content);
}

function tag(x, y, content, width, name) {
  return svg(
    "g",
    { class: `tag-on-axis ${name}` },
    svg("rect", { x, y: y - 9, width, height: 18, rx: 3 }),
    svg("text", { x: x + 4, y: y + 4 }, content),
  );
}
