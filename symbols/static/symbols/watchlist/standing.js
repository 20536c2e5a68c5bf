/* How a tracked symbol stands: what may truthfully be said of it now. Pure functions. */

import { ago, exchangeLabel } from "../../runtime/words.js";

export const DURATION_MS = { "1m": 60_000, "5m": 300_000, "15m": 900_000, "1h": 3_600_000, "4h": 14_400_000, "1d": 86_400_000 };

/* So many of a timeframe may pass without a candle before that is told. */
const LATE_AFTER = 3;

export const REMOVED = { key: "off", word: "Removed", tone: "held", detail: "" };

/* All that a symbol can be, in the order in which the page sorts it: what needs somebody first. */
export const STATES = {
  stale: "Stale",
  late: "No new candle",
  disconnected: "Disconnected",
  unwatched: "Not watched",
  "exchange-off": "Exchange off",
  unknown: "Unknown",
  warming: "Warming up",
  live: "Live",
  recorded: "Recorded",
  off: "Off",
};

const TONES = { stale: "bad", late: "warn", disconnected: "bad", unwatched: "warn", unknown: "warn", warming: "busy", live: "good" };

/* What of a status concerns single symbols, made ready to be looked up for many of them; `saved`: the version they are of. */
export function digest(status, saved) {
  const stale = new Map();
  for (const series of status.staleSeries) {
    const end = series.lastIndexOf(":");
    const symbol = series.slice(0, end);
    stale.set(symbol, [...(stale.get(symbol) ?? []), series.slice(end + 1)]);
  }
  return {
    status,
    behind: status.settingsVersion < saved,
    stale,
    active: new Set(status.activeSymbols),
    exchanges: new Map(status.exchanges.map((one) => [one.exchange, one])),
  };
}

/* The last closed candle of a symbol's shortest timeframe: `{timeframe, closedAt}` (ms), null where none is known. */
export function lastCandle(timeframes) {
  for (const timeframe of Object.keys(DURATION_MS)) {
    const opened = timeframes?.[timeframe]?.openTime;
    if (opened !== undefined) return { timeframe, closedAt: opened + DURATION_MS[timeframe] };
  }
  return null;
}

/**
 * `{key, word, tone, detail}` of a row of the watchlist. `timeframes`: its readings, undefined where there are none;
 * `seen`: a digest of what is known of the engine, null while nothing is.
 */
export function standing(row, timeframes, seen, nowMs) {
  const [key, detail] = judged(row, timeframes, seen, nowMs);
  return { key, word: STATES[key], tone: TONES[key] ?? "held", detail };
}

function judged(row, timeframes, seen, nowMs) {
  if (seen === null) return ["unknown", "nothing has been heard of the engine yet"];
  const { status, behind, stale, active, exchanges } = seen;
  const offline = status.state === "offline";
  const watched = active.has(row.qualified);
  if (!row.enabled) return ["off", !offline && watched ? stillWatched(status, behind) : "switched off"];
  if (!row.exchangeEnabled) return ["exchange-off", `${row.exchange} is not enabled in the settings`];
  if (offline) return ["unknown", silence(status, nowMs)];
  if (!watched) return ["unwatched", whyNot(status, behind)];
  const exchange = exchanges.get(row.exchange);
  const candle = lastCandle(timeframes);
  if (exchange && exchangeLabel(exchange).startsWith("recorded")) return ["recorded", "played candles"];
  if (exchange && !["connected", "connecting"].includes(exchange.state)) {
    const since = exchange.lastMessageAt ? `, last heard ${ago(nowMs - exchange.lastMessageAt)}` : "";
    return ["disconnected", `${row.exchange}: ${exchange.state}${since}`];
  }
  if (candle === null) return ["warming", "its history is being read"];
  const gaps = stale.get(row.qualified);
  if (gaps) return ["stale", `${gaps.join(", ")}: ${sinceTheGap(gaps, timeframes, nowMs)}`];
  const silentMs = nowMs - candle.closedAt;
  if (silentMs > LATE_AFTER * DURATION_MS[candle.timeframe]) return ["late", `${candle.timeframe}: none for ${age(silentMs)}`];
  return ["live", status.desired.paused ? "paused, nothing alerts" : ""];
}

function stillWatched(status, behind) {
  return behind ? "the engine has not let go of it yet" : `mode ${status.mode} still watches it`;
}

function whyNot(status, behind) {
  if (behind) return "the engine has not taken it over yet";
  return status.mode ? `mode ${status.mode} does not watch it` : "the engine is starting";
}

function silence(status, nowMs) {
  if (!status.lastSeenAt) return "no engine has reported yet";
  return `${status.trouble ? "not heard" : "engine offline"}, last heard ${ago(nowMs - status.lastSeenAt)}`;
}

/* Nothing tells when a series went stale; what can be told is from when its last candle is. */
function sinceTheGap(gaps, timeframes, nowMs) {
  const closed = gaps.map((gap) => timeframes?.[gap]?.openTime + DURATION_MS[gap]).filter((at) => !Number.isNaN(at));
  return closed.length ? `last candle ${ago(nowMs - Math.min(...closed))}` : "candles are missing";
}

function age(ms) {
  return ago(ms).replace(/ ago$/, "");
}
