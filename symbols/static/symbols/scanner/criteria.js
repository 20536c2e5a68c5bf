/* The criteria: what would fit is counted while they are edited, and before they are saved. */

import { ask } from "../../settingsapp/editor/server.js";

const SETTINGS = "/api/v1/settings";
const PAUSE_MS = 300;

export class Criteria {
  /* `tell(text, tone)` says how an action went; `renew()` shows the page as it is now. */
  constructor(form, { scanner, tell, renew }) {
    Object.assign(this, { form, scanner, tell, renew, version: form.dataset.version });
    this.matches = document.getElementById("matches");
    this.inputs = [...form.querySelectorAll("[data-kind]")];
    form.addEventListener("input", () => this.#later());
    form.addEventListener("reset", () => setTimeout(() => this.#count()));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
    this.#count();
  }

  /* An approval made on this page saves a version, too: the form still goes by what is saved, if it did before. */
  follow(version) {
    if (version === Number(this.version) + 1) this.version = String(version);
  }

  #draft() {
    const whole = { scanner: {} };
    for (const input of this.inputs) (input.dataset.top ? whole : whole.scanner)[input.name] = valueOf(input);
    return whole;
  }

  #later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#count(), PAUSE_MS);
  }

  async #count() {
    this.asking?.abort();
    this.asking = new AbortController();
    const draft = this.#draft();
    const text = JSON.stringify({ criteria: draft.scanner, exchange: draft.scanner_exchange });
    try {
      const found = await ask("POST", `${this.scanner}/matches`, { text, signal: this.asking.signal });
      this.matches.textContent = `${found.matches} of ${found.lookedAt} instruments of ${found.exchange} fit.`;
      this.#blame([]);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (error.status === undefined) throw error;
      this.matches.textContent = error.fields.length ? "These criteria can't be used yet." : error.message;
      this.#blame(error.fields);
    }
  }

  async #save() {
    if (this.saving) return;
    this.saving = true;
    const headers = { "If-Match": `"${this.version}"` };
    try {
      const saved = await ask("PATCH", SETTINGS, { text: JSON.stringify(this.#draft()), headers });
      const same = String(saved.version) === this.version;
      this.version = String(saved.version);
      for (const input of this.inputs) settle(input);
      await this.renew();
      this.tell(same ? `Nothing has changed; still version ${saved.version}.` : `Saved version ${saved.version}.`, "good");
    } catch (error) {
      if (error.status === undefined) throw error;
      this.#blame(error.fields);
      const stale = "Not saved: somebody else has saved the settings meanwhile. Load the page again to see what is there.";
      this.tell(error.status === 412 ? stale : `Not saved. ${error.message}`, "bad");
    } finally {
      this.saving = false;
    }
  }

  /* Each problem under its field; a list's says which line. */
  #blame(problems) {
    const told = new Map();
    for (const { path, message } of problems) {
      const [name, line] = path.replace(/^scanner\./, "").split(".");
      told.set(name, line === undefined ? message : `line ${Number(line) + 1}: ${message}`);
    }
    for (const input of this.inputs) {
      document.getElementById(`problem-${input.name}`).textContent = told.get(input.name) ?? "";
      input.setAttribute("aria-invalid", told.has(input.name));
    }
  }
}

function valueOf(input) {
  switch (input.dataset.kind) {
    case "switch":
      return input.checked;
    case "lines":
      return input.value.split("\n").map((line) => line.trim()).filter(Boolean);
    case "number":
      /* An empty field of an optional criterion leaves it open; of another one its default counts. */
      return input.value.trim() === "" ? null : Number(input.value);
    default:
      return input.value;
  }
}

/* What is saved now is what a reset goes back to. */
function settle(input) {
  if (input.dataset.kind === "switch") input.defaultChecked = input.checked;
  else if (input.tagName === "SELECT") for (const option of input.options) option.defaultSelected = option.selected;
  else input.defaultValue = input.value;
}
