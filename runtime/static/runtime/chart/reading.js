/* Candles over HTTP, and what went wrong where there are none. */

const CANDLES = "/api/v1/runtime/candles";

/* `kind`: `gone` (asking again changes nothing), `signed-out` or `away` (it may come back). */
export class Trouble extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

export function readCandles(symbol, timeframe, limit, signal) {
  return read(`?${new URLSearchParams({ symbol, timeframe, limit })}`, signal);
}

/* `next`: as the page before told it. Throws Trouble, or an AbortError. */
export async function read(next, signal) {
  let response;
  try {
    response = await fetch(CANDLES + next, { signal, headers: { Accept: "application/json" } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble("away", "This page can't reach the server.");
  }
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  if (response.status === 401) throw new Trouble("signed-out", "You are signed out.");
  const fields = (body.fields ?? []).map((one) => `${one.path} ${one.message}`);
  const message = [body.message ?? `The server answered with status ${response.status}.`, ...fields].join(" ");
  throw new Trouble(response.status >= 500 || response.status === 429 ? "away" : "gone", message);
}
