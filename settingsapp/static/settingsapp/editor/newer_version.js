/* Somebody else saves meanwhile: it is noticed, said and shown. What becomes of it, the owner decides; nothing is merged. */

import { banner, drop } from "./banners.js";
import { showDifference } from "./dialogs.js";
import { differences } from "./differences.js";
import * as server from "./server.js";

const KIND = "newer";

export class NewerVersion {
  /* `onLoad(saved)` puts theirs in the place of ours; `onKeep(saved)` goes on with ours, compared with theirs. */
  constructor(editor, { onLoad, onKeep }) {
    Object.assign(this, { editor, onLoad, onKeep });
    this.told = 0;
    this.asking = false;
    /* While our own save is under way, its version is no news. */
    this.saving = false;
  }

  async hear(version) {
    if (this.saving || this.asking || version <= this.editor.version || version <= this.told) return;
    this.asking = true;
    try {
      const saved = await server.saved();
      if (!this.saving && saved.version > this.editor.version) this.#tell(saved);
    } catch {
      /* The next status asks again. */
    } finally {
      this.asking = false;
    }
  }

  forget() {
    drop(KIND);
  }

  #tell(saved) {
    this.told = saved.version;
    const by = saved.updatedBy ? ` by ${saved.updatedBy}` : "";
    const theirs = differences(this.editor.base, saved.settings);
    const lead = `What version ${saved.version} changed, compared with version ${this.editor.version}, from which you began:`;
    const look = {
      label: "Show the difference",
      act: () => showDifference(`Version ${saved.version}, saved${by}`, lead, theirs),
    };
    const load = (label) => ({ label, act: () => this.onLoad(saved) });
    const text = `Version ${saved.version} has been saved elsewhere${by} since you opened version ${this.editor.version}.`;
    if (this.editor.isDirty) {
      const warning = " Your changes can't be saved over it unseen.";
      const keep = { label: "Keep mine, compare on saving", act: () => this.onKeep(saved) };
      banner(KIND, "warn", text + warning, [look, load(`Drop mine, load version ${saved.version}`), keep]);
    } else {
      banner(KIND, "warn", text, [look, load(`Load version ${saved.version}`)]);
    }
  }
}
