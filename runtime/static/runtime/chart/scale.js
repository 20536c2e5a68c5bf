/* Numbers on an axis. */

import { presented } from "../time.js";

/* From value to height and back: `low` at `bottom`, `high` at `top` (px from above). */
export class Scale {
  constructor(low, high, top, bottom) {
    Object.assign(this, { low, high, top, bottom });
    this.perUnit = (bottom - top) / (high - low || 1);
  }

  y(value) {
    return this.bottom - (value - this.low) * this.perUnit;
  }

  value(y) {
    return this.low + (this.bottom - y) / this.perUnit;
  }
}

/* The lowest and the highest, with a share of room on both sides; a flat course gets some room as well. */
export function extent(low, high, room) {
  const size = high - low || Math.abs(high) * 0.01 || 1;
  return [low - size * room, high + size * room];
}

/* Round numbers from low to high, at most so many. */
export function ticks(low, high, most) {
  const step = roundStep((high - low) / Math.max(most, 1));
  const found = [];
  for (let n = Math.ceil(low / step); n * step <= high && found.length < 50; n += 1) found.push(n * step);
  return { step, values: found };
}

function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find((one) => one * power >= least * 0.999_999);
}

/* So many decimals show each multiple of the step. */
export function placesOf(step) {
  return Math.min(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), 12);
}

/* As many decimals as a price of that size is told with. */
export function pricePlaces(price) {
  const size = Math.abs(price);
  return size >= 10 ? 2 : size >= 0.1 ? 4 : 8;
}

/* With exactly so many decimals, in the owner's marks: figures beneath each other stay in line. */
export function fixed(value, places) {
  if (!Number.isFinite(value)) return "–";
  const { group, decimal } = presented().body;
  const text = Math.abs(value).toFixed(places);
  const [whole, rest] = text.split(".");
  const sign = value < 0 && Number(text) !== 0 ? "−" : "";
  return sign + whole.replace(/\B(?=(\d{3})+$)/g, () => group) + (rest ? decimal + rest : "");
}
