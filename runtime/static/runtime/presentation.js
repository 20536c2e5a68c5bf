/* How the owner wants things shown: the same as runtime/live/presentation.py, which paints the page first. */

import { number } from "./words.js";

const PRICES = new Set(["close", "entryPrice", "limitPrice", "atr", "atr14", "emaFast", "emaSlow", "ema20", "ema200"]);
const TIME_WORDS = { "24h": "HH:mm:ss", "12h": "h:mm:ss A" };

export class Presentation {
  /* `body`: the `presentation` that a status carries. */
  constructor(body) {
    this.body = body;
    this.clockwork = clockwork(body.timezone);
    this.ahead = new Map();
  }

  /* A moment (ms) in full: date, time, and how far the zone is from UTC. */
  absolute(ms) {
    const local = this.#local(ms);
    return `${this.#date(local)} ${this.#time(local)} ${offset(local)}`;
  }

  clock(ms) {
    return this.#time(this.#local(ms));
  }

  date(ms) {
    return this.#date(this.#local(ms));
  }

  /* Its time of day without the seconds, where there is little room. */
  hourAndMinute(ms) {
    return this.#time(this.#local(ms), /[:.]?ss/);
  }

  /* How far the zone is from UTC then. */
  minutesAhead(ms) {
    /* Asked for every bar of a chart; no zone changes its clocks but at a quarter of an hour. */
    const quarter = Math.floor(ms / 900_000);
    if (!this.ahead.has(quarter)) this.ahead.set(quarter, this.#local(quarter * 900_000).minutesAhead);
    return this.ahead.get(quarter);
  }

  /* Its time of day, where that is today's, and else the moment in full. */
  briefly(ms, nowMs) {
    const today = this.#date(this.#local(ms)) === this.#date(this.#local(nowMs));
    return today ? this.clock(ms) : this.absolute(ms);
  }

  number(value) {
    const text = number(value);
    if (typeof value !== "number") return text;
    const sign = text.startsWith("−") ? "−" : "";
    const [whole, places] = text.slice(sign.length).split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, () => this.body.group);
    return sign + grouped + (places === undefined ? "" : this.body.decimal + places);
  }

  /* One of an alert's values: a price in another currency than the owner's names it. */
  value(name, value, symbol) {
    const quoted = /[-/_]([A-Z0-9]{2,10})$/.exec(symbol)?.[1];
    const foreign = PRICES.has(name) && quoted !== undefined && quoted !== this.body.currency;
    return this.number(value) + (foreign ? ` ${quoted}` : "");
  }

  #local(ms) {
    const second = Math.floor(ms / 1000) * 1000;
    const local = {};
    for (const { type, value } of this.clockwork.formatToParts(second)) local[type] = Number(value);
    local.minutesAhead = Math.round(
      (Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute, local.second) - second) / 60_000,
    );
    return local;
  }

  #date({ year, month, day }) {
    const parts = {
      yyyy: pad(year, 4),
      yy: pad(year % 100, 2),
      mmmm: this.body.months[month - 1],
      mmm: this.body.shortMonths[month - 1],
      mm: pad(month, 2),
      m: String(month),
      dd: pad(day, 2),
      d: String(day),
    };
    return this.body.dateFormat.replace(/yyyy|yy|mmmm|mmm|mm|m|dd|d/gi, (token) => parts[token.toLowerCase()]);
  }

  #time({ hour, minute, second }, without = "") {
    const half = hour < 12 ? "AM" : "PM";
    const parts = {
      HH: pad(hour, 2),
      H: String(hour),
      hh: pad(hour % 12 || 12, 2),
      h: String(hour % 12 || 12),
      mm: pad(minute, 2),
      ss: pad(second, 2),
      A: half,
      a: half.toLowerCase(),
    };
    const wanted = TIME_WORDS[this.body.timeFormat] ?? this.body.timeFormat;
    return wanted.replace(without, "").replace(/HH|H|hh|h|mm|ss|A|a/g, (token) => parts[token]);
  }
}

function clockwork(timezone) {
  const wanted = {
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  };
  try {
    return new Intl.DateTimeFormat("en-US", { ...wanted, timeZone: timezone });
  } catch {
    /* The server knows zones that not every browser does; the text says which zone it is in. */
    return new Intl.DateTimeFormat("en-US", { ...wanted, timeZone: "UTC" });
  }
}

function offset({ minutesAhead }) {
  if (minutesAhead === 0) return "UTC";
  const size = Math.abs(minutesAhead);
  const rest = size % 60 ? `:${pad(size % 60, 2)}` : "";
  return `UTC${minutesAhead > 0 ? "+" : "−"}${Math.floor(size / 60)}${rest}`;
}

function pad(value, length) {
  return String(value).padStart(length, "0");
}
