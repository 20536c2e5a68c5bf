/* What the generated form lacks: names for screen readers, the state of each variable, an exchange's own tools. */

import { element, say } from "../../runtime/dom.js";

const EXCHANGE_FIELD = /^rjf§exchanges§([^§]+)§/;
const VARIABLE = /(EnvironmentVariableName|_environment_variable)$/;
/* The field that says where a channel's messages go, by channel. */
const ADDRESSES = {
  "rjf§perseus_profile§discord_integration§webhook_url_environment_variable": "discord",
  "rjf§notifications§email_url_environment_variable": "email",
  "rjf§notifications§push_url_environment_variable": "push",
};
const POSITIONS = "rjf§position_symbols";
const PASSWORD = "§PasswordEnvironmentVariableName";
const ENABLED = "§enabled";
const OVERRIDE = /^rjf§exchanges§[^§]+§trade_settings§([^§]+)$/;
const STATES = {
  set: ["set", "good", "The engine has this variable."],
  missing: ["missing", "bad", "The engine does not have this variable: set it where the engine runs, and start it again."],
  unsaved: ["not saved yet", "quiet", "The engine looks for a variable once its name is saved."],
  unknown: ["unknown", "quiet", "The engine is offline; it alone can tell."],
};

export class FormExtras {
  /* `exchanges`: `{known, withPassword}`; `addExchange(name)` puts one into the document; `document()` returns that. */
  constructor(holder, { link, exchanges, addExchange, document }) {
    this.holder = holder;
    this.link = link;
    this.exchanges = exchanges;
    this.addExchange = addExchange;
    this.document = document;
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
    if (Object.hasOwn(ADDRESSES, input.name)) this.#sender(input, ADDRESSES[input.name]);
    if (OVERRIDE.test(input.name)) this.#override(input);
    if (input.name === POSITIONS) this.#positions(input);
    if (input.name.endsWith(PASSWORD)) this.#password(input);
    if (EXCHANGE_FIELD.test(input.name) && input.name.split("§").length === 4 && input.name.endsWith(ENABLED)) {
      this.#tools(input);
      this.#entry(input);
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

  /* What counts on the exchange where nothing of its own is set. */
  #override(input) {
    const value = this.document().perseus_profile?.trade_settings?.[OVERRIDE.exec(input.name)[1]] ?? "";
    const told = value === "" ? "from profile" : `from profile: ${value}`;
    if (input.placeholder !== told) input.placeholder = told;
  }

  /* While the exchanges tell what is held, what is written here would count for nothing. */
  #positions(input) {
    const rests = this.document().load_positions_from_exchange === true;
    input.readOnly = rests;
    let note = input.parentElement.querySelector(".resting");
    if (!note) {
      note = element("p", { class: "resting", id: "positions-rest" }, "Positions come from the exchanges. To write a list of your own, switch “Load positions” off.");
      input.after(note);
    }
    note.hidden = !rests;
    if (rests) input.setAttribute("aria-describedby", note.id);
    else input.removeAttribute("aria-describedby");
  }

  #password(input) {
    const name = EXCHANGE_FIELD.exec(input.name)[1];
    /* One that is written although nobody needs it stays to be seen: it could not be taken away otherwise. */
    input.closest(".rjf-form-row").hidden = !this.exchanges.withPassword.includes(name) && input.value === "";
  }

  #tools(input) {
    const inner = input.closest(".rjf-form-group-inner");
    if (!inner || inner.querySelector(":scope > .exchange-tools")) return;
    const title = inner.querySelector(":scope > .rjf-form-group-title");
    const tools = this.#asking("Test connection", "Test connection", async (tell) => {
      /* Asked for by the name that the entry has now: it may have been renamed. */
      const name = inner.querySelector(`[name^="rjf§exchanges§"][name$="${ENABLED}"]`)?.name.split("§")[2];
      if (name) await this.link.testConnection(name, tell);
    });
    title.after(tools);
  }

  /* The engine sends to the address that its saved settings name, whatever stands in the form. */
  #sender(input, channel) {
    const row = input.closest(".rjf-form-row");
    if (!row || row.nextElementSibling?.matches(".channel-tools")) return;
    const tools = this.#asking("Send test message", `Send test message to ${channel}`, (tell) =>
      this.link.testNotification(channel, tell),
    );
    tools.classList.add("channel-tools");
    tools.querySelector("button").title = "To where the saved settings say, by the engine that runs.";
    row.after(tools);
  }

  /* A button that asks the engine for something, and what came of it; `ask(tell)` ends when that is known. */
  #asking(text, label, ask) {
    const button = element("button", { type: "button", class: "button small", "aria-label": label }, text);
    const result = element("span", { class: "connection-result", role: "status" });
    button.addEventListener("click", async () => {
      button.disabled = true;
      button.setAttribute("aria-busy", "true");
      await ask((words, tone) => {
        say(result, words);
        result.className = `connection-result tone-${tone}`;
      });
      button.disabled = false;
      button.removeAttribute("aria-busy");
    });
    return element("div", { class: "exchange-tools" }, button, result);
  }

  /* Of many entries, each button says which one it is about. */
  #entry(input) {
    const name = EXCHANGE_FIELD.exec(input.name)[1];
    const inner = input.closest(".rjf-form-group-inner");
    const controls = inner?.closest(".rjf-form-group-wrapper")?.querySelector(":scope > .rjf-form-row-controls");
    const named = [
      [inner?.querySelector(":scope > .rjf-form-group-title .rjf-edit-button"), `Rename ${name}`],
      [controls?.querySelector(".rjf-remove-button"), `Remove ${name}`],
      [inner?.querySelector(":scope > .exchange-tools button"), `Test connection of ${name}`],
    ];
    for (const [button, words] of named) {
      if (button && button.getAttribute("aria-label") !== words) button.setAttribute("aria-label", words);
    }
  }

  #adder() {
    const titles = [...this.holder.querySelectorAll(".rjf-form-group-title")];
    const title = titles.find((one) => one.firstChild?.textContent.trim() === "Exchanges");
    const inner = title?.closest(".rjf-form-group-inner");
    if (!inner) return;
    const missing = this.exchanges.known.filter((name) => !Object.hasOwn(this.document().exchanges ?? {}, name));
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
