/* The status: the state at a glance and the facts; exchanges, symbols and drift have files of their own. */

import { byId, element, say, setTone, show } from "./dom.js";
import { showDrift } from "./drift.js";
import { showExchanges } from "./exchanges.js";
import { showSymbols } from "./symbols.js";
import { absolute, moment, presented, setMoment } from "./time.js";
import * as words from "./words.js";

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
  showDrift(status, nowMs);
  showExchanges(status);
  showSymbols(status, nowMs);
  showCache(status.cache);
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
  say(byId("confirmed"), words.confirmed(status.checkedShare));
  byId("warmup").max = status.warmup.total || 1;
  byId("warmup").value = status.warmup.done;
}

function showWanted(line, text) {
  say(line, text);
  show(line, text !== "");
}

function showCache(cache) {
  const write = (value) => presented().number(value);
  say(byId("cache-keys"), write(cache.keys));
  say(byId("cache-memory"), words.size(cache.memoryBytes));
  say(byId("cache-hits"), write(cache.hits));
  say(byId("cache-misses"), write(cache.misses));
  say(byId("cache-rate"), words.hitRate(cache));
}
