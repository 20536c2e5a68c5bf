/* Questions that come before something happens. Each promise ends with what was chosen; Esc and Cancel choose nothing. */

import { element } from "../../runtime/dom.js";

const MOST_SYMBOLS = 30;
const IMPACT = {
  none: ["The engine does nothing about it", "quiet"],
  hot: ["Takes effect at once", "good"],
  resubscribe: ["The engine resubscribes", "warn"],
  restart: ["Needs a restart of the engine", "bad"],
};

/* `buttons`: `[{label, value, kind?}]`. The last one is what Enter means. */
export function question(title, content, buttons) {
  const heading = element("h2", { id: "dialog-title" }, title);
  const row = element("div", { class: "dialog-buttons" });
  const dialog = element("dialog", { class: "editor-dialog", "aria-labelledby": "dialog-title" }, heading);
  dialog.append(element("div", { class: "dialog-content", tabindex: "0" }, ...[content].flat()), row);
  return new Promise((resolve) => {
    for (const { label, value, kind } of buttons) {
      const button = element("button", { type: "button", class: `button ${kind ?? ""}` }, label);
      button.addEventListener("click", () => dialog.close(value));
      row.append(button);
    }
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
    document.body.append(dialog);
    dialog.showModal();
    row.lastElementChild.focus();
  });
}

export function impactTag(impact) {
  const [words, tone] = IMPACT[impact] ?? [impact, "quiet"];
  return element("span", { class: `impact tone-${tone}` }, words);
}

export function changeList(changes) {
  const items = changes.map((change) =>
    element("li", {}, element("code", {}, change.path || "the document"), sentenceWithoutPath(change), " ", change.impact ? impactTag(change.impact) : ""),
  );
  return element("ul", { class: "change-list" }, ...items);
}

/* `told`: the server's answer to what a document would change. */
export async function confirmSave(told) {
  const count = told.changes.length;
  const content = [];
  if (told.impact) content.push(element("p", { class: "impact-summary" }, "For the engine: ", impactTag(told.impact)));
  for (const [word, symbols] of Object.entries({ "Also watched": told.symbols?.gained, "No longer watched": told.symbols?.lost })) {
    if (symbols?.length) content.push(element("p", {}, element("strong", {}, `${word}: `), few(symbols)));
  }
  content.push(changeList(told.changes));
  const chosen = await question(`Save ${count} ${count === 1 ? "change" : "changes"}?`, content, [
    { label: "Go on editing", value: "" },
    { label: "Save", value: "save", kind: "primary" },
  ]);
  return chosen === "save";
}

export async function confirmDiscard(changes) {
  const content = changes
    ? [element("p", {}, "This would be lost:"), changeList(changes)]
    : element("p", {}, "What stands in the JSON can't be read; all of it would be lost.");
  const chosen = await question("Discard your unsaved changes?", content, [
    { label: "Discard", value: "discard", kind: "danger" },
    { label: "Go on editing", value: "" },
  ]);
  return chosen === "discard";
}

export async function showDifference(title, lead, changes) {
  const content = [element("p", {}, lead), changes.length ? changeList(changes) : element("p", {}, "Nothing differs.")];
  await question(title, content, [{ label: "Close", value: "" }]);
}

/* Returns the chosen template, null where none was. */
export async function chooseTemplate(templates) {
  const cards = templates.map((template) => {
    const changes = template.changes ?? [];
    const title = element("strong", {}, template.title);
    const label = element("span", { class: "template-words" }, title, element("span", {}, template.description));
    const radio = element("input", { type: "radio", name: "template", value: template.name });
    const summary = `${changes.length} ${changes.length === 1 ? "change" : "changes"} against what is saved`;
    const preview = changes.length
      ? element("details", {}, element("summary", {}, summary), changeList(changes))
      : element("p", { class: "quiet" }, "It is what is saved already.");
    return element("div", { class: "template" }, element("label", {}, radio, label), preview);
  });
  cards[0]?.querySelector("input").setAttribute("checked", "");
  const list = element("div", { class: "templates", role: "radiogroup", "aria-labelledby": "dialog-title" }, ...cards);
  const lead = element("p", {}, "A template changes some fields and leaves all others. Nothing is saved before you press Save.");
  const chosen = await question("Start from a template", [lead, list], [
    { label: "Cancel", value: "" },
    { label: "Put into the editor", value: "apply", kind: "primary" },
  ]);
  if (chosen !== "apply") return null;
  const name = list.querySelector("input:checked")?.value;
  return templates.find((template) => template.name === name) ?? null;
}

function sentenceWithoutPath({ path, sentence }) {
  const rest = sentence.startsWith(`${path}:`) ? sentence.slice(path.length + 1) : ` ${sentence}`;
  return element("span", {}, rest);
}

function few(symbols) {
  const rest = symbols.length - MOST_SYMBOLS;
  return symbols.slice(0, MOST_SYMBOLS).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
