/* Ways through a long document: its parts by name, and in the JSON what the form has the focus on. */

import { element } from "../../runtime/dom.js";
import { lineOf, read } from "./json_places.js";

const PREFIX = "rjf§";

export function followForm(form, json) {
  form.holder.addEventListener("focusin", ({ target }) => {
    if (!target.name?.startsWith(PREFIX)) return;
    try {
      json.point(lineOf(read(json.text).lines, target.name.slice(PREFIX.length).replaceAll("§", ".")));
    } catch {
      /* What can't be read has no places; the page says so already. */
    }
  });
}

/* One button for each part that has fields of its own, and for the watchlist, which most visits are about. */
export function listSections(nav, schema, holder) {
  const parts = Object.entries(schema.properties).filter(([name, node]) => node.type === "object" || name === "symbols");
  for (const [name, { title }] of parts) {
    const button = element("button", { type: "button" }, title);
    button.addEventListener("click", () => {
      const field = holder.querySelector(`[name^="${PREFIX}${name}§"], [name="${PREFIX}${name}"]`);
      const group = field?.closest(".rjf-form-wrapper > fieldset > .rjf-form-group > .rjf-form-group-inner > .rjf-form-group-children > *");
      (group ?? field)?.scrollIntoView({ block: "start" });
      field?.focus({ preventScroll: true });
    });
    nav.append(button);
  }
}
