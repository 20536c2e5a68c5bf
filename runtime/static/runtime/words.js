/* A status and an alert in words: the same as runtime/live/words.py, which paints the page first. */

const FACES = {
  starting: ["Starting", "busy"],
  warming: ["Warming up", "busy"],
  running: ["Running", "good"],
  paused: ["Paused", "held"],
  degraded: ["Degraded", "warn"],
  stopping: ["Stopping", "busy"],
  offline: ["Offline", "bad"],
};

const COMMAND_TONES = {
  queued: "busy",
  acknowledged: "busy",
  succeeded: "good",
  failed: "bad",
  refused: "warn",
  expired: "warn",
  superseded: "held",
};

export const EXCHANGE_TONES = {
  connected: "good",
  connecting: "busy",
  disconnected: "bad",
  stalled: "warn",
  ended: "held",
  unavailable: "bad",
};

export const STAGE_TONES = {
  oversold: "bad",
  rebounding: "busy",
  rallying: "good",
  overbought: "warn",
  retracing: "held",
  reversing: "bad",
  ranging: "none",
};

const VALUE_NAMES = {
  macdv: "MACD-V",
  signal: "Signal line",
  histogram: "Histogram",
  stage: "Stage",
  previousStage: "Stage before",
  direction: "Direction",
  close: "Close",
  entryPrice: "Entry price",
  limitPrice: "Limit",
  limitPercentage: "Limit (%)",
  changePercentage: "Change (%)",
  atr: "ATR",
  emaFast: "EMA, fast",
  emaSlow: "EMA, slow",
  rsi14: "RSI",
  ema20: "EMA 20",
  ema200: "EMA 200",
  atr14: "ATR 14",
};

export function face(state) {
  const [word, tone] = FACES[state] ?? [capitalized(state) || "Unknown", "warn"];
  return { word, tone };
}

export function commandFace(state) {
  return { word: capitalized(state), tone: COMMAND_TONES[state] ?? "warn" };
}

export function sentence(status, nowMs) {
  const watched = count(status.activeSymbols.length, "symbol");
  switch (status.state) {
    case "offline":
      return silence(status, nowMs);
    case "running":
      return `Watching ${watched} in mode ${status.mode}.`;
    case "paused":
      return `${pause(status)} Candles are still stored; nothing alerts.`;
    case "warming":
      return (
        `Reading history: ${status.warmup.done} of ${status.warmup.total} series are ready. ` +
        "Nothing alerts until then."
      );
    case "degraded":
      return `${trouble(status)} Watching ${watched} in mode ${status.mode}.`;
    case "starting":
      return "The engine is starting.";
    default:
      return "The engine is finishing what it has begun.";
  }
}

/* `when` writes a moment (ms) as the owner wants it. */
export function versions(status, when = null) {
  const saved = status.savedSettingsVersion ?? null;
  const runs = status.settingsVersion;
  const problem = (status.settingsProblem ?? "").replace(/\.+$/, "");
  const since = sinceWhen(difference(status, "settingsVersion"), when);
  const why = problem ? `${capitalized(problem)}. ` : "";
  if (!runs) return why + (saved ? "No engine has run these settings yet." : "Nothing is known of the settings.");
  if (saved === null || saved === runs) {
    if (status.state === "offline") return `The engine ran version ${runs} when it was last heard.`;
    return `${why}engine runs version ${runs}`;
  }
  if (status.state === "offline") {
    return `The saved version is not in force${since}: the engine last ran version ${runs}. ${why}`.trimEnd();
  }
  if (problem) {
    return `The saved version is not in force${since}: ${problem}. Until then the engine runs version ${runs}.`;
  }
  return `The saved version is not in force yet${since}: engine runs version ${runs}.`;
}

/* What a change of a setting causes; the same as settingsapp/schema/impact.py says. */
export const IMPACTS = {
  none: "nothing follows for the engine",
  hot: "counts at once, without any interruption",
  resubscribe: "the engine connects or subscribes anew where it has to; everything else runs on",
  restart: "counts from the engine's next start",
};

/* A difference between desired and actual state, in words. */
export function apart({ what, desired, actual }) {
  switch (what) {
    case "settingsVersion":
      return `Settings: version ${desired} is saved, ${actual ? `version ${actual} runs` : "none has run yet"}.`;
    case "mode":
      return `Mode: ${desired} is wanted, ${actual ? `it works in ${actual}` : "it works in none yet"}.`;
    default:
      return desired ? "Paused is wanted, and it is not." : "It is paused, and is not wanted to be.";
  }
}

/* What has to happen before a difference is gone. */
export function waitsFor({ what, actual }, status) {
  const problem = (status.settingsProblem ?? "").replace(/\.+$/, "");
  if (status.state === "offline") return "It waits for an engine: none is there now.";
  if (what === "settingsVersion" && problem) {
    const until = actual ? `Version ${actual} stays in force` : "No settings are in force";
    return `${capitalized(problem)}. ${until} until a version that can be applied is saved, or the settings are reloaded.`;
  }
  if (["starting", "warming"].includes(status.state)) return "It waits for the engine, which is still getting ready.";
  if (what === "settingsVersion") return "It waits for the engine, which looks for newer settings every 5 seconds.";
  return "It waits for the engine, which has not carried it out yet; the commands tell why.";
}

/* In what desired and actual state differ there; undefined where they agree. */
export function difference(status, what) {
  return status.drift?.find((one) => one.what === what);
}

/* What else is wanted than is so, and since when; empty where the two agree. */
export function wanted(status, what, when) {
  const found = difference(status, what);
  if (!found) return "";
  const asked = what === "mode" ? found.desired : found.desired ? "paused" : "not paused";
  return `Wanted: ${asked}${sinceWhen(found, when)}.`;
}

export function versionsTone(status) {
  if (status.settingsProblem) return "bad";
  const saved = status.savedSettingsVersion ?? null;
  return saved !== null && saved !== status.settingsVersion ? "warn" : "good";
}

export function exchangeLabel(exchange) {
  if (exchange.exchange !== "simulated") return "";
  const recorded = (exchange.message ?? "").toLowerCase().includes("record") || exchange.state === "ended";
  return recorded ? "recorded market – played candles" : "simulated market – invented prices";
}

export function happened(alert) {
  const { direction, stage, previousStage } = alert.indicators;
  switch (alert.kind) {
    case "crossover":
      return `MACD-V crossed ${{ up: "above", down: "below" }[direction] ?? "over"} its signal line`;
    case "momentum-shift":
      return previousStage && stage ? `Momentum shifted from ${previousStage} to ${stage}` : "Momentum shifted";
    case "level":
      return `MACD-V passed ${signed(alert.level ?? 0)}`;
    case "reversal": {
      const side = { up: "turned up from below −150", down: "turned down from above +150" }[direction];
      return `MACD-V ${side ?? "turned back"}`;
    }
    case "stop-loss":
      return "Price fell to the stop-loss";
    case "take-profit":
      return "Price rose to the take-profit";
    default:
      return capitalized(alert.kind.replaceAll("-", " "));
  }
}

/* `write` gets a value's name and the value. */
export function values(alert, write = (name, value) => number(value)) {
  const order = Object.keys(VALUE_NAMES);
  const place = (name) => (order.includes(name) ? order.indexOf(name) : order.length);
  return Object.keys(alert.indicators)
    .sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
    .map((name) => [VALUE_NAMES[name] ?? name, write(name, alert.indicators[name])]);
}

/* Where an alert is due and what was sent, or why it is only stored; empty where it is due nowhere. */
export function delivery(alert) {
  const { heldBack, channels = [], sent = {} } = alert.delivery ?? {};
  if (heldBack) return `Not notified: ${heldBack}.`;
  const done = channels.filter((channel) => sent[channel]?.state === "sent");
  const lost = channels.filter((channel) => ["failed", "skipped"].includes(sent[channel]?.state));
  const waiting = channels.filter((channel) => !done.includes(channel) && !lost.includes(channel));
  const told = [];
  if (done.length) told.push(`Sent to ${done.join(", ")}.`);
  if (waiting.length) told.push(`Meant for ${waiting.join(", ")}.`);
  for (const channel of lost) told.push(`Not sent to ${channel}: ${sent[channel].error || "no reason is known"}.`);
  return told.join(" ");
}

export function number(value) {
  if (value === true) return "yes";
  if (value === false) return "no";
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  const size = Math.abs(value);
  const places = size >= 10 ? 2 : size >= 0.1 ? 4 : 8;
  const text = value.toFixed(places).replace(/\.?0+$/, "").replace("-", "−");
  return text === "−0" || text === "" ? "0" : text;
}

/* A MACD-V in a table: one place, always with its sign. */
export function macdv(value) {
  const text = Math.abs(value).toFixed(1);
  return text === "0.0" ? text : (value > 0 ? "+" : "−") + text;
}

export function size(octets) {
  const units = ["B", "kB", "MB", "GB"];
  let left = octets;
  let unit = units.shift();
  while (left >= 1000 && units.length) {
    left /= 1000;
    unit = units.shift();
  }
  return unit === "B" ? `${octets} B` : `${left.toFixed(1)} ${unit}`;
}

/* Which share of the look-ups found something. */
export function hitRate({ hits, misses }) {
  return hits + misses ? `${((hits * 100) / (hits + misses)).toFixed(1)} %` : "–";
}

/* Which share of the bars was read again; empty where nobody counts. Rounded down: less than all is not all. */
export function confirmed(share) {
  return share === null || share === undefined ? "" : `${Math.floor(share * 100 + 1e-9)} % confirmed`;
}

/* How many of an exchange's series wait for missing candles. */
export function staleOn(exchange, stale) {
  return stale.filter((series) => series.startsWith(`${exchange}:`)).length;
}

export function ago(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 1) return "just now";
  for (const [length, unit] of [[86400, "d"], [3600, "h"], [60, "min"]]) {
    if (seconds >= length) return `${Math.floor(seconds / length)} ${unit} ago`;
  }
  return `${seconds} s ago`;
}

export function duration(seconds) {
  const left = Math.max(0, Math.floor(seconds));
  const days = Math.floor(left / 86400);
  const hours = Math.floor(left / 3600) % 24;
  const minutes = Math.floor(left / 60) % 60;
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${left % 60} s` : `${left} s`;
}

export function count(quantity, noun) {
  return quantity === 1 ? `${quantity} ${noun}` : `${quantity} ${noun}s`;
}

function signed(level) {
  return level > 0 ? `+${level}` : String(level).replace("-", "−");
}

function capitalized(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function sinceWhen(found, when) {
  return found?.since && when ? `, since ${when(found.since)}` : "";
}

function silence(status, nowMs) {
  const seenAt = status.lastSeenAt;
  const last = seenAt ? `The engine was last heard ${ago(nowMs - seenAt)}; below is what it said then.` : "";
  if (status.trouble) return `${status.trouble} ${last}`.trim();
  return last || "No engine has reported yet. Start one with: manage.py runengine";
}

function pause(status) {
  return status.desired.pausedUntil ? "Paused for a time." : "Paused until somebody resumes it.";
}

function trouble(status) {
  const away = status.exchanges.filter((one) => one.state !== "connected").map((one) => one.exchange);
  const stale = status.staleSeries.length;
  const parts = [];
  if (away.length) parts.push(`${away.join(", ")} ${away.length === 1 ? "is" : "are"} not connected.`);
  if (stale) parts.push(`${stale} series ${stale === 1 ? "waits" : "wait"} for missing candles.`);
  return parts.join(" ") || "Something needs attention: see the errors.";
}
