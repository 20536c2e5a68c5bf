/* The categories: made, renamed, painted, deleted. */

import { ask } from "../../settingsapp/editor/server.js";
import { confirmed } from "../../runtime/asking.js";
import { byId, element, say } from "../../runtime/dom.js";
import { count } from "../../runtime/words.js";
import { inFull } from "./notices.js";
import { tag } from "./tags.js";

const CATEGORIES = "/api/v1/symbols/categories";

export class Categories {
  /* `reload()` reads them again; `countOf(name)` tells how many symbols are in one. */
  constructor({ reload, countOf }) {
    Object.assign(this, { reload, countOf });
    this.dialog = byId("categories");
    this.form = byId("new-category");
    this.list = byId("category-list");
    this.known = new Map();
    byId("manage-categories").addEventListener("click", () => {
      this.#show();
      this.dialog.showModal();
      this.form.elements.name.focus();
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#make();
    });
  }

  /* `{name: colour}`, by name. What somebody edits just now is left to them. */
  set(colours) {
    const same = JSON.stringify([...colours]) === JSON.stringify([...this.known]);
    this.known = colours;
    if (this.dialog.open && !same) this.#show();
  }

  #show() {
    say(byId("category-problem"), "");
    this.list.replaceChildren(
      ...(this.known.size ? [...this.known].map(([name, colour]) => this.#line(name, colour)) : [element("li", { class: "quiet" }, "There is none yet.")]),
    );
  }

  #line(name, colour) {
    const shown = element("span", {}, tag(name, colour));
    const input = element("input", { name: "name", value: name, "aria-label": `Name of ${name}`, maxlength: this.form.elements.name.maxLength, required: "" });
    const select = this.form.elements.colour.cloneNode(true);
    select.value = colour;
    select.setAttribute("aria-label", `Colour of ${name}`);
    const save = element("button", { type: "submit", class: "button" }, "Save");
    const drop = element("button", { type: "button", class: "button danger", "aria-label": `Delete ${name}` }, "Delete …");
    const members = element("span", { class: "quiet" }, count(this.countOf(name), "symbol"));
    const line = element("form", { class: "category" }, shown, input, select, members, save, drop);
    line.addEventListener("input", () => shown.replaceChildren(tag(input.value, select.value)));
    line.addEventListener("submit", (event) => {
      event.preventDefault();
      const change = { name, newName: input.value, colour: select.value };
      this.#carryOut(() => ask("PATCH", CATEGORIES, { text: JSON.stringify(change) }), input);
    });
    drop.addEventListener("click", () => this.#drop(name));
    return element("li", {}, line);
  }

  async #make() {
    const { name, colour } = this.form.elements;
    const text = JSON.stringify({ name: name.value, colour: colour.value });
    if (await this.#carryOut(() => ask("POST", CATEGORIES, { text }), name)) this.form.reset();
    name.focus();
  }

  async #drop(name) {
    say(byId("sure-title"), `Delete the category ${name}?`);
    say(byId("sure-text"), `${count(this.countOf(name), "symbol")} will carry it no more; they stay tracked. This can't be undone.`);
    say(byId("sure-yes"), "Delete it");
    if (!(await confirmed(byId("sure")))) return;
    const address = new URLSearchParams({ name });
    await this.#carryOut(() => ask("DELETE", `${CATEGORIES}?${address}`), this.form.elements.name);
    this.form.elements.name.focus();
  }

  /* Tells whether it was done; a problem stands in the dialog, with what was typed. */
  async #carryOut(send, field) {
    try {
      await send();
    } catch (error) {
      if (error.status === undefined) throw error;
      say(byId("category-problem"), `Not done. ${inFull(error)}`);
      field.focus();
      return false;
    }
    say(byId("category-problem"), "");
    await this.reload();
    return true;
  }
}
