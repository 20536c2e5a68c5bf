/* What becomes of each edit in the engine, by symbol: from the save to the command's end, whoever made the edit. */

const COMMANDS = "/api/v1/runtime/commands";
const ABOUT_SYMBOLS = ["add-symbol", "remove-symbol"];
const RELOAD = "reload-settings";
const STEPS = ["saving", "saved", "queued", "acknowledged"];
const WAITING = new Set(STEPS);
/* These say that one nudge came to nothing, not that the engine does not follow the settings. */
const HEALED = new Set(["saved", "queued", "expired", "superseded"]);
const GATHER_MS = 120;
const GRACE_MS = 2_500;
const SHOWN_MS = 9_000;

/**
 * An outcome is `{step, message, version, at, id, endedAt}`, times in ms by the server's clock. `step` is `saving`, `saved`,
 * `queued`, `acknowledged`, one of the outcomes of commands, or `in force`: the engine runs that version, whatever came of the nudge.
 */
export class Outcomes {
  /* `qualify(symbol)` writes a symbol with its exchange; `onChange(symbols)` hears whose outcome is another one now. */
  constructor({ now, qualify, onChange }) {
    Object.assign(this, { now, qualify, onChange });
    this.bySymbol = new Map();
    this.since = null;
    this.timer = null;
  }

  of(symbol) {
    return this.bySymbol.get(symbol) ?? null;
  }

  isWaiting(symbol) {
    return WAITING.has(this.of(symbol)?.step);
  }

  begin(symbols) {
    this.#put(symbols, { step: "saving", at: this.now() });
  }

  /* An edit that saved nothing, or that the server refused, has no outcome in the engine. */
  drop(symbols) {
    for (const symbol of symbols) this.bySymbol.delete(symbol);
    this.onChange(symbols);
  }

  /* `at`: when the edit was sent; what the engine was told before has nothing to do with it. */
  saved(symbols, version, at) {
    for (const symbol of symbols) this.bySymbol.set(symbol, { step: "saved", version, at, savedAt: this.now() });
    this.onChange(symbols);
    this.look();
  }

  /* An acknowledgement or a result, of whichever command. */
  hear(message) {
    if (message.type !== "ack" && message.type !== "result") return;
    const known = [...this.bySymbol].filter(([, one]) => one.id === message.commandId).map(([symbol]) => symbol);
    if (known.length === 0) return this.#lookSoon();
    for (const symbol of known) {
      const step = message.type === "ack" ? "acknowledged" : message.outcome;
      const text = message.type === "ack" ? "" : (message.message ?? "");
      this.#become(symbol, { step, message: text, endedAt: message.type === "ack" ? undefined : message.timestamp });
    }
    this.onChange(known);
  }

  /* With each status: what ended long ago goes, and what is in force needs no command to say so. */
  reflect(status) {
    const nowMs = this.now();
    const changed = [];
    for (const [symbol, one] of this.bySymbol) {
      const inForce = status.state !== "offline" && one.version !== undefined && status.settingsVersion >= one.version;
      if (inForce && HEALED.has(one.step) && nowMs - one.savedAt > GRACE_MS) {
        this.#become(symbol, { step: "in force", message: `the engine runs version ${status.settingsVersion}`, endedAt: nowMs });
        changed.push(symbol);
      } else if (["succeeded", "in force"].includes(one.step) && nowMs - one.shownAt > SHOWN_MS) {
        this.bySymbol.delete(symbol);
        changed.push(symbol);
      }
    }
    if (changed.length) this.onChange(changed);
  }

  /* The server's clock is known now: what was sent just before the page was opened is shown, too. */
  catchUp() {
    this.since ??= this.now() - SHOWN_MS;
    return this.look();
  }

  /* Read which commands there are: what they are about is told nowhere else. */
  async look() {
    clearTimeout(this.timer);
    this.timer = null;
    if (this.since === null) return;
    const wanted = new URLSearchParams({ command: [...ABOUT_SYMBOLS, RELOAD].join(","), from: String(Math.floor(this.since)), limit: "100" });
    const response = await fetch(`${COMMANDS}?${wanted}`).catch(() => null);
    if (!response?.ok) return;
    const { results } = await response.json();
    const changed = results.reverse().flatMap((record) => this.#take(record));
    if (changed.length) this.onChange(changed);
  }

  #lookSoon() {
    this.timer ??= setTimeout(() => this.look(), GATHER_MS);
  }

  /* Take over what a record says; returns the symbols that it concerns. */
  #take(record) {
    const told = { id: record.id, step: record.state, message: record.message, endedAt: record.finishedAt ?? undefined };
    if (ABOUT_SYMBOLS.includes(record.command)) {
      const symbol = this.qualify(record.payload.symbol);
      const before = this.of(symbol);
      if (before && before.at > record.queuedAt) return [];
      if (before?.id === record.id && !isFurther(record.state, before.step)) return [];
      if (!before && record.finishedAt && this.now() - record.finishedAt > SHOWN_MS) return [];
      this.bySymbol.set(symbol, { at: record.queuedAt, ...before, shownAt: this.now(), ...told });
      return [symbol];
    }
    /* A reload is about everything that was saved before it and has no command of its own. */
    const waiting = [...this.bySymbol].filter(
      ([, one]) =>
        WAITING.has(one.step) && one.step !== "saving" && isFurther(record.state, one.step) &&
        one.at <= record.queuedAt && (one.id ?? record.id) === record.id,
    );
    for (const [symbol] of waiting) this.#become(symbol, told);
    return waiting.map(([symbol]) => symbol);
  }

  #put(symbols, outcome) {
    for (const symbol of symbols) this.bySymbol.set(symbol, { ...outcome });
    this.onChange(symbols);
  }

  #become(symbol, change) {
    this.bySymbol.set(symbol, { ...this.of(symbol), ...change, shownAt: this.now() });
  }
}

/* What was read may be older than what has been heard meanwhile. */
function isFurther(step, before) {
  return WAITING.has(before) && (!WAITING.has(step) || STEPS.indexOf(step) > STEPS.indexOf(before));
}

const WORDS = { saving: "saving …", saved: "saved", succeeded: "done" };

/* `{word, tone, message}` to show on the row; null where there is nothing to tell. */
export function inWords(outcome, offline) {
  if (outcome === null) return null;
  const { step, message } = outcome;
  const tone = WAITING.has(step) ? "busy" : { succeeded: "good", "in force": "good", failed: "bad" }[step] ?? "warn";
  const waits = offline && ["saved", "queued"].includes(step);
  return { word: WORDS[step] ?? step, tone, message: waits ? "the engine is offline and takes it over when it is back" : (message ?? "") };
}
