/* The newest of what went wrong in the engine. */

import { byId, element, show } from "./dom.js";
import { moment } from "./time.js";

const MOST = 10;

export function showErrors(errors) {
  byId("errors").replaceChildren(...errors.slice(0, MOST).map(row));
  show(byId("no-errors"), errors.length === 0);
}

export function addError(error) {
  const list = byId("errors");
  if (list.querySelector(`[data-seq="${CSS.escape(error.seq)}"]`)) return;
  list.prepend(row(error));
  while (list.children.length > MOST) list.lastElementChild.remove();
  show(byId("no-errors"), false);
}

function row(error) {
  return element(
    "li",
    { class: "error", "data-seq": error.seq },
    element("span", { class: `tag tone-${error.level === "error" ? "bad" : "warn"}` }, error.level ?? "error"),
    element("span", { class: "quiet" }, error.origin ?? ""),
    element("span", { class: "quiet end" }, moment(error.timestamp)),
    element("span", { class: "line" }, error.message),
  );
}
