/* Approving a proposal, whole or in part, rejecting it, undoing what was approved. */

import { ask } from "../../settingsapp/editor/server.js";

export class Deciding {
  /* `act(waiting, work)` does one thing at a time and tells how it went; `onSaved(version)` hears of new settings. */
  constructor(form, { act, onSaved, proposals }) {
    Object.assign(this, { form, act, onSaved, address: `${proposals}/${form.dataset.id}` });
    form.addEventListener("change", (event) => this.#chosen(event.target));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#approve();
    });
    form.querySelector("#reject")?.addEventListener("click", () => this.#reject());
    form.querySelector("#undo")?.addEventListener("click", () => this.#undo());
    this.#count();
  }

  #choices(name, checked = "") {
    return [...this.form.querySelectorAll(`input[name="${name}"]${checked}`)];
  }

  #chosen(input) {
    const table = input.closest("table");
    const group = table.querySelectorAll("tbody input");
    const all = table.querySelector("input.all");
    if (input === all) {
      for (const one of group) one.checked = all.checked;
    } else {
      const checked = [...group].filter((one) => one.checked).length;
      all.checked = checked === group.length;
      all.indeterminate = checked > 0 && checked < group.length;
    }
    this.#count();
  }

  #count() {
    const approve = this.form.querySelector("#approve");
    if (!approve) return;
    const [add, remove] = ["add", "remove"].map((name) => this.#choices(name, ":checked").length);
    approve.disabled = add + remove === 0;
    approve.textContent = add + remove === 0 ? "Approve" : `Approve ${add + remove}`;
    this.form.querySelector("#chosen").textContent = `${add} to add and ${remove} to remove are chosen.`;
  }

  #approve() {
    const [add, remove] = ["add", "remove"].map((name) => this.#choices(name, ":checked").map((one) => one.value));
    this.act("Approving …", async () => {
      const made = await ask("POST", `${this.address}/approve`, { text: JSON.stringify({ add, remove }) });
      this.onSaved(made.appliedVersion);
      if (made.appliedVersion === null) return "Approved; nothing was left to change.";
      const when = this.form.dataset.waits === "yes" ? "It counts from the next reload on." : "It counts at once.";
      return `Approved: ${add.length} added, ${remove.length} removed, saved as version ${made.appliedVersion}. ${when}`;
    });
  }

  #reject() {
    this.act("Rejecting …", async () => {
      await ask("POST", `${this.address}/reject`);
      return "Rejected; nothing was changed.";
    });
  }

  #undo() {
    this.act("Undoing …", async () => {
      const undone = await ask("POST", `${this.address}/undo`);
      this.onSaved(undone.undoneVersion);
      const left = undone.left.length ? ` Left as somebody has changed them since: ${undone.left.join(", ")}.` : "";
      const saved = undone.undoneVersion ? `, saved as version ${undone.undoneVersion}` : "";
      return `Undone${saved}.${left}`;
    });
  }
}
