/* The active symbols with what the indicators say: which are shown, and in which order. Knows no page. */

const DURATIONS_MS = { "1m": 60_000, "5m": 300_000, "15m": 900_000, "1h": 3_600_000, "4h": 14_400_000, "1d": 86_400_000 };
const byName = new Intl.Collator("en", { numeric: true }).compare;

/* Nothing filtered; by name. `by` is `symbol` or a timeframe, whose MACD-V counts. */
export const EVERYTHING = { text: "", stage: "", timeframe: "", staleOnly: false, by: "symbol", descending: false };

/* Until when (ms) a cell's values hold: the end of the last closed candle. */
export function closedAt(timeframe, cell) {
  return cell.openTime + DURATIONS_MS[timeframe];
}

export class Readings {
  constructor() {
    this.rows = [];
    this.told = new Map();
    this.stale = new Set();
  }

  /* Follow these symbols (qualified) from now on; what is known of those that stay is kept. */
  watch(symbols) {
    const known = new Map(this.rows.map((row) => [row.symbol, row]));
    const rows = symbols.map((symbol) => known.get(symbol) ?? newRow(symbol, this.told.get(symbol)));
    /* By name once and for all: comparing texts is most of what sorting takes. */
    this.rows = rows.sort((a, b) => byName(a.name, b.name) || byName(a.exchange, b.exchange));
    this.rows.forEach((row, at) => (row.place = at));
  }

  /* Take in what the API told, `[{symbol, timeframes}, …]`. */
  read(results) {
    this.told = new Map(results.map((one) => [one.symbol, one.timeframes]));
    for (const row of this.rows) row.cells = this.told.get(row.symbol) ?? row.cells;
  }

  /* These series miss candles, and no others: `exchange:SYMBOL:timeframe`. */
  markStale(series) {
    this.stale = new Set(series);
  }

  isStale(row, timeframe) {
    return this.stale.has(`${row.symbol}:${timeframe}`);
  }

  shown({ text, stage, timeframe, staleOnly, by, descending }) {
    const wanted = text.trim().toLowerCase();
    const found = this.rows.filter((row) => {
      if (wanted && !row.symbol.toLowerCase().includes(wanted)) return false;
      const looked = timeframe ? [timeframe] : Object.keys(DURATIONS_MS);
      if (!stage && !staleOnly) return true;
      return looked.some(
        (one) => (!stage || row.cells?.[one]?.stage === stage) && (!staleOnly || this.isStale(row, one)),
      );
    });
    const way = descending ? -1 : 1;
    if (by === "symbol") return found.sort((a, b) => way * (a.place - b.place));
    return found.sort((a, b) => {
      const [x, y] = [a.cells?.[by]?.macdv, b.cells?.[by]?.macdv];
      /* What has no value stands last, whichever way. */
      if (x !== y) return x === undefined ? 1 : y === undefined ? -1 : way * (x - y);
      return a.place - b.place;
    });
  }
}

/* `cells` are null until they have been read. */
function newRow(symbol, cells = null) {
  const at = symbol.indexOf(":");
  return { symbol, exchange: symbol.slice(0, at), name: symbol.slice(at + 1), cells };
}
