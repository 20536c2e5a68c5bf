/* Which rows are shown, and in which order. Pure functions of entries `{row, standing, timeframes, candle}`. */

import { DURATION_MS, STATES } from "./standing.js";

const STAGES = ["overbought", "rallying", "rebounding", "ranging", "retracing", "reversing", "oversold"];
const ORDER = Object.keys(STATES);
export const WITHOUT = "\u0000";

/* `wanted`: `{text, category, exchange, state}`, each empty for any; the category WITHOUT means in none. */
export function fits({ row, standing }, wanted) {
  if (wanted.exchange && row.exchange !== wanted.exchange) return false;
  if (wanted.state && standing.key !== wanted.state) return false;
  if (wanted.category === WITHOUT ? row.categories.length > 0 : wanted.category && !row.categories.includes(wanted.category)) return false;
  const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const text = [row.qualified, row.base, row.quote, row.addedBy, row.addedHow, ...row.categories].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

/* `by`: a column's name; `timeframe` is whose stage counts. Equal ones go by symbol. */
export function sorted(entries, by, descending, timeframe) {
  const value = {
    symbol: ({ row }) => row.symbol,
    exchange: ({ row }) => row.exchange,
    stage: ({ timeframes }) => place(STAGES, timeframes?.[timeframe]?.stage),
    candle: ({ candle }) => -(candle?.closedAt ?? 0),
    state: ({ standing }) => place(ORDER, standing.key),
    enabled: ({ row }) => (row.enabled ? 0 : 1),
    priority: ({ row }) => row.priority,
    added: ({ row }) => -(row.addedAt ?? 0),
  }[by];
  const turn = descending ? -1 : 1;
  return [...entries].sort((a, b) => turn * compared(value(a), value(b)) || compared(a.row.qualified, b.row.qualified));
}

/* What the last closed candle's stage is, and what of it: null where too little is known. */
export function stageOf(timeframes, timeframe) {
  const cell = timeframes?.[timeframe];
  return cell?.stage ? { stage: cell.stage, macdv: cell.macdv, stale: cell.stale === true, closedAt: cell.openTime + DURATION_MS[timeframe] } : null;
}

function place(order, one) {
  const at = order.indexOf(one);
  return at < 0 ? order.length : at;
}

function compared(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
