/* The control panel: the live status, all that can be asked of the engine, and what became of it. */

import { confirmed, whatToClear } from "./asking.js";
import { CommandHistory } from "./command_history.js";
import { OFFLINE } from "./controls.js";
import { byId, element, fill, say, show } from "./dom.js";
import { follow } from "./following.js";
import { Sender } from "./sending.js";
import { showSent } from "./sent.js";
import { bindShortcuts } from "./shortcuts.js";

const SEARCH = "/api/v1/symbols/search";
const SEARCH_AFTER_MS = 200;

const forms = [...document.querySelectorAll("#offers form")];
let status = null;
/* What there is to choose from, by selector. A thousand options take a while to make: only where there are others. */
const offered = new Map();
/* Until the page follows the live connection, the browser's clock has to do. */
let clock = { now: () => Date.now() };

const sender = new Sender({
  now: () => clock.now(),
  onChange: (sent) => {
    const form = forms.find((one) => one.dataset.command === sent.command);
    if (form) showSent(form.querySelector(".sent"), sent);
    if (status) reflect(status);
  },
});
const history = new CommandHistory();

clock = follow({
  onStatus: reflect,
  onAnswer: (message) => {
    sender.hear(message);
    history.hear(message);
  },
  onSnapshot: () => {
    sender.catchUp();
    history.load();
  },
});

for (const form of forms) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(form);
  });
}
/* What was under way when the page was left, in this tab. */
for (const sent of sender.unfinished) sender.onChange(sent);

const modes = forms.find((form) => form.dataset.command === "switch-mode").elements.mode;
if (status.mode) modes.value = status.mode;
modes.addEventListener("change", () => reflect(status));

bindShortcuts(forms);
suggestSymbols(forms.find((form) => form.dataset.command === "add-symbol").elements.symbol);

async function submit(form) {
  const { command, ask } = form.dataset;
  let payload = payloadOf(form);
  if (ask === "clear-cache") payload = await whatToClear(status.activeSymbols);
  else if (ask && !(await isSure(ask, payload))) payload = null;
  if (payload === null) return;
  form.querySelector(".sent").replaceChildren();
  await sender.send(command, payload);
}

/* What the form's fields say, without those that are left open. */
function payloadOf(form) {
  const payload = {};
  for (const [name, value] of new FormData(form)) {
    if (name === "timeframes") (payload.timeframes ??= []).push(value);
    else if (name === "minutes") payload.minutes = Number(value);
    else payload[name] = value.trim();
    if (value === "") delete payload[name];
  }
  return payload;
}

const QUESTIONS = {
  "remove-symbol": ({ symbol }) => [
    `Remove ${symbol}?`,
    `${symbol} is taken off the watchlist, in the saved settings too, and nothing alerts for it any more. Its alerts stay.`,
    "Remove it",
  ],
  rollback: () => [
    "Undo the last command?",
    "What the last command changed that can be taken back is put back as it was. The result says what that is.",
    "Undo it",
  ],
};

function isSure(question, payload) {
  const [title, text, yes] = QUESTIONS[question](payload);
  say(byId("sure-title"), title);
  say(byId("sure-text"), text);
  say(byId("sure-yes"), yes);
  return confirmed(byId("sure"));
}

/* What may be pressed now, and what there is to choose from. */
function reflect(now) {
  status = now;
  const offline = now.state === "offline";
  const off = byId("controls-off");
  say(off, offline ? `${OFFLINE} ${now.trouble ?? ""}`.trim() : "");
  show(off, offline);
  for (const form of forms) {
    const button = form.querySelector("button[type=submit]");
    const why = form.querySelector(".offer-why");
    const reason = button.dataset.refusal ?? pointless(form, now);
    button.disabled = offline || Boolean(reason);
    button.title = offline ? OFFLINE : reason;
    say(why, reason);
    show(why, Boolean(reason));
  }
  offer("[data-symbols]", now.activeSymbols);
  offer("[data-exchanges]", now.exchanges.map((one) => one.exchange));
}

/* Why a command would change nothing now; empty where it would. */
function pointless(form, { desired, mode, activeSymbols, exchanges }) {
  switch (form.dataset.command) {
    case "switch-mode":
      return form.elements.mode.value === mode && desired.mode === mode ? `It is in the mode ${mode} already.` : "";
    case "resume":
      return desired.paused ? "" : "It is not paused.";
    case "remove-symbol":
    case "force-backfill":
      return activeSymbols.length ? "" : "No symbol is being watched.";
    case "test-connection":
      return exchanges.length ? "" : "No exchange is enabled.";
    default:
      return "";
  }
}

function offer(selector, values) {
  const text = values.join("\n");
  if (offered.get(selector) === text) return;
  offered.set(selector, text);
  for (const select of document.querySelectorAll(selector)) {
    const chosen = select.value;
    fill(select, null, values.map((one) => element("option", { value: one }, one)));
    if (values.includes(chosen)) select.value = chosen;
  }
}

/* What the catalogue knows, while one types. Without a catalogue there are no suggestions, and any symbol can be typed. */
function suggestSymbols(input) {
  const list = byId("found-symbols");
  let timer = null;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const wanted = input.value.trim();
      const response = wanted ? await fetch(`${SEARCH}?q=${encodeURIComponent(wanted)}`).catch(() => null) : null;
      const found = response?.ok ? (await response.json()).results : [];
      if (wanted !== input.value.trim()) return;
      list.replaceChildren(...found.map((one) => element("option", { value: one.symbol }, `${one.exchange} ${one.unified}`)));
    }, SEARCH_AFTER_MS);
  });
}
