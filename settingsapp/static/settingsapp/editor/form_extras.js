/* What the generated form lacks: names for screen readers, the state of each variable, an exchange's own tools. */

import { element, say } from "../../runtime/dom.js";

const EXCHANGE_FIELD = /^rjf§exchanges§([^§]+)§/;
const VARIABLE = /(EnvironmentVariableName|_environment_variable)$/;
const PASSWORD = "§PasswordEnvironmentVariableName";
const ENABLED = "§enabled";
const STATES = {
  set: ["set", "good", "The engine has this variable."],
  missing: ["missing", "bad", "The engine does not have this variable: set it where the engine runs, and start it again."],
  unsaved: ["not saved yet", "quiet", "The engine looks for a variable once its name is saved."],
  unknown: ["unknown", "quiet", "The engine is offline; it alone can tell."],
};

export class FormExtras {
  /* `exchanges`: `{known, withPassword}`; `addExchange(name)` puts one into the document. */
  constructor(holder, { link, exchanges, addExchange, present }) {
    this.holder = holder;
    this.link = link;
    this.exchanges = exchanges;
    this.addExchange = addExchange;
    this.present = present;
    this.pending = false;
    holder.classList.add("with-extras");
    this.observer = new MutationObserver(() => this.refresh());
    this.holder.addEventListener("input", () => this.refresh());
    this.#decorate();
  }

  refresh() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.#decorate();
    });
  }

  #decorate() {
    /* What is added here must not call for more of it. */
    this.observer.disconnect();
    for (const input of this.holder.querySelectorAll("input[name], select[name], textarea[name]")) this.#field(input);
    for (const choices of this.holder.querySelectorAll(".rjf-multiselect-field")) this.#labelled(choices);
    this.#adder();
    this.observer.observe(this.holder, { childList: true, subtree: true });
  }

  #field(input) {
    this.#labelled(input);
    if (VARIABLE.test(input.name)) this.#variable(input);
    if (input.name.endsWith(PASSWORD)) this.#password(input);
    if (EXCHANGE_FIELD.test(input.name) && input.name.split("§").length === 4 && input.name.endsWith(ENABLED)) {
      this.#tools(input);
    }
  }

  #labelled(input) {
    const label = input.closest(".rjf-form-row")?.querySelector("label");
    const text = label?.textContent.trim();
    if (text && input.type !== "checkbox" && input.getAttribute("aria-label") !== text) input.setAttribute("aria-label", text);
    const wrong = Boolean(input.closest(".rjf-form-row")?.querySelector(".rjf-error-text"));
    if ((input.getAttribute("aria-invalid") === "true") !== wrong) input.setAttribute("aria-invalid", String(wrong));
  }

  #variable(input) {
    const group = input.parentElement;
    let badge = group.querySelector(".variable-state");
    if (!badge) {
      badge = element("span", { class: "variable-state" });
      group.append(badge);
    }
    const name = input.value.trim();
    badge.hidden = name === "";
    if (name === "") return;
    const told = this.link.variable(name);
    const [word, tone, title] = STATES[told === "unknown" && this.link.isThere ? "unsaved" : told];
    say(badge, word);
    badge.className = `variable-state tone-${tone}`;
    badge.title = title;
  }

  #password(input) {
    const name = EXCHANGE_FIELD.exec(input.name)[1];
    /* One that is written although nobody needs it stays to be seen: it could not be taken away otherwise. */
    input.closest(".rjf-form-row").hidden = !this.exchanges.withPassword.includes(name) && input.value === "";
  }

  #tools(input) {
    const inner = input.closest(".rjf-form-group-inner");
    if (!inner || inner.querySelector(":scope > .exchange-tools")) return;
    const button = element("button", { type: "button", class: "button small" }, "Test connection");
    const result = element("span", { class: "connection-result", role: "status" });
    const title = inner.querySelector(":scope > .rjf-form-group-title");
    title.after(element("div", { class: "exchange-tools" }, button, result));
    button.addEventListener("click", async () => {
      /* Asked for by the name that the entry has now: it may have been renamed. */
      const name = inner.querySelector(`[name^="rjf§exchanges§"][name$="${ENABLED}"]`)?.name.split("§")[2];
      if (!name) return;
      button.disabled = true;
      button.setAttribute("aria-busy", "true");
      await this.link.testConnection(name, (text, tone) => {
        say(result, text);
        result.className = `connection-result tone-${tone}`;
      });
      button.disabled = false;
      button.removeAttribute("aria-busy");
    });
  }

  #adder() {
    const titles = [...this.holder.querySelectorAll(".rjf-form-group-title")];
    const title = titles.find((one) => one.firstChild?.textContent.trim() === "Exchanges");
    const inner = title?.closest(".rjf-form-group-inner");
    if (!inner) return;
    const missing = this.exchanges.known.filter((name) => !this.present().includes(name));
    let adder = inner.querySelector(":scope > .exchange-adder");
    if (!adder) {
      adder = element("div", { class: "exchange-adder" });
      const chooser = element("select", { "aria-label": "Exchange to add" });
      const button = element("button", { type: "button", class: "button small" }, "Add exchange");
      button.addEventListener("click", () => this.addExchange(chooser.value));
      adder.append(chooser, button);
      inner.append(adder);
      /* Its way of asking for a name is a bare prompt; other names can be given by renaming an entry. */
      const plain = inner.querySelector(":scope > .rjf-add-button");
      if (plain) plain.hidden = true;
    }
    adder.hidden = missing.length === 0;
    const chooser = adder.querySelector("select");
    if (chooser.dataset.shown !== missing.join()) {
      chooser.dataset.shown = missing.join();
      chooser.replaceChildren(...missing.map((name) => element("option", { value: name }, name)));
    }
  }
}
