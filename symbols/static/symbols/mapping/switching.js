/* The switch of the primary exchange: what each entry becomes is chosen, asked once more, and then done. */

import { element } from "../../runtime/dom.js";
import { question } from "../../settingsapp/editor/dialogs.js";
import { ask } from "../../settingsapp/editor/server.js";

const SWITCH = "/api/v1/symbols/switch";
const VERSIONS = "/api/v1/settings/versions";

export class Switching {
  /* `act(waiting, work)` does one thing at a time, `tell(text, tone, offer?)` says how it went, `renew(address)`
     fetches the page's parts again. */
  constructor(form, { act, tell, renew }) {
    Object.assign(this, { form, act, tell, renew });
    this.selects = [...form.querySelectorAll("select[data-entry]")];
    form.addEventListener("change", () => this.#reflect());
    form.addEventListener("click", (event) => this.#all(event.target.dataset?.all));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#confirm();
    });
    this.#reflect();
  }

  #undecided() {
    return this.selects.filter((select) => select.value === "");
  }

  #reflect() {
    for (const select of this.selects) select.closest("tr").classList.toggle("undecided", select.value === "");
    const button = this.form.querySelector("#do-switch");
    if (!button) return;
    const open = this.#undecided().length;
    button.disabled = open > 0;
    this.form.querySelector("#still").textContent = open ? `${open} still to be chosen.` : "Everything is decided.";
  }

  #all(value) {
    if (!value) return;
    for (const select of this.form.querySelectorAll('[data-verdict="none"] select[data-entry]')) select.value = value;
    this.#reflect();
  }

  #choices() {
    return this.selects.map((select) => {
      const [action, ...to] = select.value.split(":");
      return [select.dataset.entry, action === "map" ? { action, to: to.join(":") } : { action }];
    });
  }

  async #confirm() {
    if (this.#undecided().length) return;
    const { from, to, version } = this.form.dataset;
    const choices = this.#choices();
    const count = (action) => choices.filter(([, choice]) => choice.action === action).length;
    const dropped = choices.filter(([, choice]) => choice.action === "drop").map(([entry]) => entry);
    const content = [
      element("p", {}, `${count("map")} mapped to ${to}, ${count("keep")} kept on ${from}, ${dropped.length} dropped.`),
      dropped.length ? element("p", {}, element("strong", {}, "Dropped: "), dropped.join(", ")) : "",
      element("p", {}, `It is one version of the settings, after version ${version}, and can be undone.`),
    ].filter(Boolean);
    const chosen = await question(`Make ${to} the primary exchange?`, content, [
      { label: "Cancel", value: "" },
      { label: `Switch to ${to}`, value: "switch", kind: "primary" },
    ]);
    if (chosen === "switch") this.act(`Switching to ${to} …`, () => this.#switch(Object.fromEntries(choices)));
  }

  async #switch(choices) {
    const { to, version, stablecoins } = this.form.dataset;
    const headers = { "If-Match": `"${version}"` };
    try {
      const done = await ask("POST", SWITCH, { text: JSON.stringify({ to, stablecoins, choices }), headers });
      await this.renew(`${window.location.pathname}?stablecoins=${stablecoins}`);
      const { moved, kept, dropped } = done;
      this.tell(
        `${to} is the primary exchange now, saved as version ${done.version}: ` +
          `${moved.length} mapped, ${kept.length} kept where it was, ${dropped.length} dropped.`,
        "good",
        { label: "Undo", act: () => this.act("Undoing …", () => this.#undo(done.version)) },
      );
    } catch (error) {
      if (error.status === 412) return this.#stale(choices);
      for (const { path, message } of error.fields ?? []) {
        const place = this.form.querySelector(`[data-problem="${CSS.escape(path.replace(/^choices\./, ""))}"]`);
        if (place) place.textContent = message;
      }
      throw error;
    }
  }

  /* The preview is made anew; what was chosen stays chosen where it still can be. */
  async #stale(choices) {
    await this.renew(window.location.pathname + window.location.search);
    for (const select of document.querySelectorAll("#switching select[data-entry]")) {
      const choice = choices[select.dataset.entry];
      const value = choice?.action === "map" ? `map:${choice.to}` : choice?.action;
      if ([...select.options].some((option) => option.value === value)) select.value = value;
    }
    this.tell("Nothing was switched: somebody has saved the settings meanwhile. The preview is made anew; look again.", "bad");
  }

  async #undo(version) {
    const headers = { "If-Match": `"${version}"` };
    try {
      const saved = await ask("POST", `${VERSIONS}/${version - 1}/restore`, { headers });
      await this.renew(window.location.pathname + window.location.search);
      this.tell(`Undone: ${saved.settings.perseus_profile.primary_exchange} is the primary exchange again, saved as version ${saved.version}.`, "good");
    } catch (error) {
      if (error.status !== 412) throw error;
      this.tell("Not undone: somebody has saved the settings since. The history of the settings has every version.", "bad");
    }
  }
}
