/* The status: the state at a glance, the facts, exchanges and symbols. */

import { byId, element, fill, say, setTone, show } from "./dom.js";
import { absolute, moment, presented, setMoment } from "./time.js";
import * as words from "./words.js";

/* Older than this, a status says what was and not what is, whoever's fault that is. */
export const STALE_MS = 5_000;

/**
 * What may be said now: the status itself, or, when nothing fresh comes in any more, that it isn't known.
 * `silentMs`: for how long the server has said nothing.
 */
export function honest(status, nowMs, silentMs) {
  const age = status.timestamp ? nowMs - status.timestamp : Infinity;
  if (status.state === "offline" || (silentMs <= STALE_MS && age <= STALE_MS)) return status;
  const trouble = silentMs > STALE_MS ? "This page hears nothing from the server." : status.trouble;
  return { ...status, state: "offline", lastSeenAt: status.timestamp, trouble };
}

export function showStatus(status, nowMs) {
  const face = words.face(status.state);
  const offline = status.state === "offline";
  setTone(byId("hero"), face.tone);
  byId("state-icon").setAttribute("href", `#icon-${face.tone}`);
  say(byId("state-word"), face.word);
  say(byId("state-sentence"), words.sentence(status, nowMs));
  document.title = `${face.word} · Livermore`;
  showUntil(offline ? null : status.desired.pausedUntil);
  setMoment(byId("updated"), status.timestamp);
  showFacts(status, nowMs, offline);
  showExchanges(status.exchanges);
  showSymbols(status.activeSymbols);
}

function showUntil(until) {
  const holder = byId("state-until");
  const shown = until ? presented().clock(until) : "";
  if (holder.dataset.shown === shown + until) return;
  holder.dataset.shown = shown + until;
  holder.replaceChildren(
    ...(until ? ["until ", element("time", { datetime: new Date(until).toISOString(), title: absolute(until) }, shown)] : []),
  );
}

/* Whose page this is, and whether they trade in earnest. */
function showOwner() {
  const { publicName, tradingMode } = presented().body;
  say(byId("public-name"), publicName);
  byId("public-name").title = publicName;
  say(byId("trading-mode"), tradingMode);
  byId("trading-mode").classList.toggle("tone-bad", tradingMode === "live");
}

function showFacts(status, nowMs, offline) {
  const when = (ms) => presented().briefly(ms, nowMs);
  showOwner();
  say(byId("mode"), status.mode || "–");
  showWanted(byId("wanted-mode"), words.wanted(status, "mode", when));
  showWanted(byId("wanted-paused"), words.wanted(status, "paused", when));
  say(byId("saved-version"), status.savedSettingsVersion ?? "–");
  say(byId("versions"), words.versions(status, when));
  setTone(byId("versions"), words.versionsTone(status));
  const running = status.timestamp ? status.uptimeSeconds + (nowMs - status.timestamp) / 1000 : 0;
  say(byId("uptime"), offline ? "–" : words.duration(running));
  const started = byId("started");
  if (started.dataset.shown !== String(status.startedAt)) {
    started.dataset.shown = status.startedAt;
    started.replaceChildren(...(status.startedAt ? ["since ", moment(status.startedAt)] : []));
  }
  say(byId("engine-host"), status.engine.host || "–");
  say(byId("engine-id"), status.engine.id);
  byId("engine-id").title = status.engine.id;
  setMoment(byId("last-signal"), status.lastSignalAt, "none yet");
  say(byId("queue-depth"), status.queueDepth);
  say(byId("warmup-text"), `${status.warmup.done} of ${status.warmup.total} series`);
  byId("warmup").max = status.warmup.total || 1;
  byId("warmup").value = status.warmup.done;
}

function showWanted(line, text) {
  say(line, text);
  show(line, text !== "");
}

function showExchanges(exchanges) {
  const items = exchanges.map((one) => {
    const label = words.exchangeLabel(one);
    return element(
      "li",
      { class: "exchange" },
      element("span", { class: `dot tone-${words.EXCHANGE_TONES[one.state] ?? "warn"}` }),
      element("strong", {}, one.exchange),
      element("span", {}, one.state),
      one.latencyMs === null ? null : element("span", { class: "quiet" }, `${presented().number(one.latencyMs)} ms`),
      one.lastMessageAt ? element("span", { class: "quiet end" }, moment(one.lastMessageAt)) : null,
      label ? element("span", { class: "line invented" }, label) : null,
      one.message ? element("span", { class: "line quiet" }, one.message) : null,
    );
  });
  fill(byId("exchanges"), byId("no-exchanges"), items);
  const labels = exchanges.map(words.exchangeLabel).filter(Boolean);
  show(byId("market-notice"), labels.length > 0);
  if (labels.length) say(byId("market-notice"), labels.join(", "));
}

function showSymbols(symbols) {
  say(byId("symbol-count"), symbols.length);
  const items = symbols.map((one) => element("li", { title: one }, one.slice(one.indexOf(":") + 1)));
  fill(byId("symbols"), byId("no-symbols"), items);
}
