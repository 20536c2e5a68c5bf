/* One sent command, where it was sent from: its state, how far it is, what it came to, and when. */

import { element } from "./dom.js";
import { isOver } from "./sending.js";
import { absolute, presented } from "./time.js";
import { commandFace } from "./words.js";

const MOST = 3;

/* Show it in the list of its control: new ones on top, each once. */
export function showSent(list, sent) {
  const shown = list.querySelector(`[data-id="${CSS.escape(sent.id)}"]`);
  const item = row(sent);
  if (shown) shown.replaceWith(item);
  else list.prepend(item);
  while (list.children.length > MOST) list.lastElementChild.remove();
}

function row(sent) {
  const face = sent.state === "sending" || sent.state === "not sent" ? special(sent.state) : commandFace(sent.state);
  return element(
    "li",
    { "data-id": sent.id, "data-state": sent.state },
    element("span", { class: `tag tone-${face.tone}` }, face.word),
    element("span", { class: "sent-what" }, what(sent.payload)),
    sent.message ? element("span", { class: "line" }, sent.message) : null,
    sent.total && !isOver(sent)
      ? element("progress", { max: sent.total, value: sent.done, "aria-label": `${sent.command}: ${sent.done} of ${sent.total}` })
      : null,
    element("span", { class: "line small quiet", title: absolute(sent.at) }, course(sent)),
  );
}

function special(state) {
  return state === "sending" ? { word: "Sending…", tone: "busy" } : { word: "Not sent", tone: "bad" };
}

/* What was asked for, in short. */
function what(payload) {
  const values = Object.entries(payload ?? {}).map(([name, value]) => {
    if (name === "minutes") return `${value} min`;
    return Array.isArray(value) ? value.join(", ") : String(value);
  });
  return values.join(" · ");
}

function course({ at, acknowledgedAt, endedAt, state }) {
  const steps = [`sent ${presented().clock(at)}`];
  if (state === "queued") steps.push("waiting for the engine");
  if (acknowledgedAt) steps.push(`acknowledged after ${seconds(acknowledgedAt - at)}`);
  if (endedAt && state !== "not sent") steps.push(`ended after ${seconds(endedAt - at)}`);
  return steps.join(" · ");
}

function seconds(ms) {
  return `${presented().number(Math.round(Math.max(0, ms) / 100) / 10)} s`;
}
