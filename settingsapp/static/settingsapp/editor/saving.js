/* Save and discard: looked at first, asked, and told how it went. */

import { confirmDiscard, confirmSave } from "./dialogs.js";
import { differences } from "./differences.js";
import * as server from "./server.js";
import * as toasts from "./toasts.js";
import { counted } from "./words.js";

const STALE = 412;
const INVALID = 422;
const ABSENT = [404, 405];
/* An entry that is removed or moved first fades away, and only then leaves the document. */
const STILL_MOVING = ".rjf-animate";

async function settled() {
  while (document.querySelector(STILL_MOVING)) await new Promise(requestAnimationFrame);
}

export class Saving {
  /* `onBusy(busy)` hears when a save begins and ends, `onSaved(saved, text)` of success, `onStale()` that others were
     faster, `onWrong(problem)` what is in the way. */
  constructor(editor, { onBusy, onSaved, onStale, onWrong }) {
    Object.assign(this, { editor, onBusy, onSaved, onStale, onWrong });
    this.busy = false;
  }

  async save() {
    if (this.busy) return;
    toasts.clearFailures();
    this.#setBusy(true);
    try {
      await this.#save();
    } catch (error) {
      if (!(error instanceof server.Refused)) throw error;
      toasts.failed(`Not saved. ${error.message}`);
    } finally {
      this.#setBusy(false);
    }
  }

  async #save() {
    await settled();
    const problems = await this.editor.check();
    if (problems.length > 0) return this.#refuse(problems);
    if (!this.editor.isDirty) return toasts.succeeded(`Nothing has changed; still version ${this.editor.version}.`);
    const text = this.editor.text;
    const told = await this.#consequences(text);
    if (told.baseVersion !== this.editor.version) return this.onStale();
    if (told.changes.length === 0) return toasts.succeeded(`Nothing has changed; still version ${this.editor.version}.`);
    if (!(await confirmSave(told))) return undefined;
    try {
      const saved = await server.save(text, this.editor.version);
      toasts.succeeded(`Saved version ${saved.version}.`);
      return this.onSaved(saved, text);
    } catch (error) {
      if (error.status === STALE) return this.onStale();
      if (error.status === INVALID && error.fields.length) {
        this.editor.blame(error.fields);
        return this.#refuse(error.fields);
      }
      throw error;
    }
  }

  async #consequences(text) {
    try {
      return await server.consequences(text);
    } catch (error) {
      if (!ABSENT.includes(error.status)) throw error;
      return { baseVersion: this.editor.version, changes: differences(this.editor.base, this.editor.written) };
    }
  }

  #refuse(problems) {
    const [first] = problems;
    const where = first.path ? `${first.path}: ` : "";
    toasts.failed(`Not saved: there ${problems.length === 1 ? "is" : "are"} ${counted(problems.length, "problem")}. ${where}${first.message}`);
    this.onWrong(this.editor.problems[0]);
  }

  async discard() {
    if (this.busy || !this.editor.isDirty) return;
    if (!(await confirmDiscard(this.editor.changes))) return;
    this.editor.put(this.editor.base);
    toasts.succeeded(`Discarded; this is version ${this.editor.version} again.`);
  }

  #setBusy(busy) {
    this.busy = busy;
    this.onBusy(busy);
  }
}
