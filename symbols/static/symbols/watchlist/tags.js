/* Categories as coloured tags. A tag's colour is a class: its name is always there to read. */

import { byId, element, say } from "../../runtime/dom.js";
import { confirmed } from "../../runtime/asking.js";

export const WAYS = { admin: "settings editor", api: "page or API", command: "command", import: "import", proposal: "scanner", system: "system" };

export function tag(name, colour) {
  return element("span", { class: `tag tag-${colour ?? "grey"}` }, name);
}

/* `{name: colour}` of the categories as the API lists them. */
export function palette(categories) {
  return new Map(categories.map(({ name, colour }) => [name, colour]));
}

/* Ask which categories a symbol is to be in; null where nothing was confirmed. */
export async function whichCategories(row, colours) {
  say(byId("tagging-title"), `Categories of ${row.symbol}`);
  const choices = byId("tagging-choices");
  const inputs = [...colours].map(([name, colour]) => {
    const input = element("input", { type: "checkbox", value: name, checked: row.categories.includes(name) && "" });
    choices.append(element("label", {}, input, tag(name, colour)));
    return input;
  });
  try {
    if (!(await confirmed(byId("tagging")))) return null;
    return inputs.filter((input) => input.checked).map((input) => input.value);
  } finally {
    choices.replaceChildren();
  }
}
