/* The newest of what went wrong in the engine, all or those of one level. */

import { byId, element, say, show } from "./dom.js";
import { moment } from "./time.js";

const MOST = 50;
const NONE = "None. What goes wrong in the engine appears here, the last 50.";
const NAMES = { error: "errors", warning: "warnings" };

const buttons = [...byId("error-levels").querySelectorAll("button")];
/* Newest first. */
let known = [];
let level = "";

for (const button of buttons) {
  button.addEventListener("click", () => {
    level = button.dataset.level;
    draw();
  });
}

export function showErrors(errors) {
  known = errors.slice(0, MOST);
  draw();
}

export function addError(error) {
  if (known.some((one) => one.seq === error.seq)) return;
  known = [error, ...known].slice(0, MOST);
  draw();
}

function draw() {
  for (const button of buttons) {
    const its = button.dataset.level;
    button.setAttribute("aria-pressed", String(its === level));
    say(button.querySelector("span"), its ? known.filter((error) => levelOf(error) === its).length : known.length);
  }
  show(byId("error-levels"), true);
  const shown = level ? known.filter((error) => levelOf(error) === level) : known;
  const list = byId("errors");
  const there = new Map([...list.children].map((item) => [item.dataset.seq, item]));
  list.replaceChildren(...shown.map((error) => there.get(error.seq) ?? row(error)));
  show(list, shown.length > 0);
  show(byId("no-errors"), shown.length === 0);
  say(byId("no-errors"), known.length ? `No ${NAMES[level]} among the last ${known.length}.` : NONE);
}

function levelOf(error) {
  return error.level ?? "error";
}

function row(error) {
  return element(
    "li",
    { class: "error", "data-seq": error.seq },
    element("span", { class: `tag tone-${levelOf(error) === "error" ? "bad" : "warn"}` }, levelOf(error)),
    element("span", { class: "quiet" }, error.origin ?? ""),
    element("span", { class: "quiet end" }, moment(error.timestamp)),
    element("span", { class: "line" }, error.message),
  );
}
