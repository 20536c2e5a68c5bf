/* Unsaved work outlives the page: kept while typing, offered on return. What looks like a secret is not kept. */

import { banner, drop } from "./banners.js";
import { showDifference } from "./dialogs.js";
import { differences } from "./differences.js";
import { read } from "./json_places.js";
import { ago } from "./words.js";

const KIND = "draft";
/* So long the server may take to judge a text before it is kept unjudged. */
const UNJUDGED_MS = 2_000;

export class DraftKeeping {
  /* `secretRefusal`: the message of a problem that is a pasted secret. */
  constructor(editor, drafts, secretRefusal) {
    Object.assign(this, { editor, drafts, secretRefusal });
    this.timer = null;
    addEventListener("pagehide", () => this.#flush());
    document.addEventListener("visibilitychange", () => this.#flush());
  }

  hear(text, dirty) {
    clearTimeout(this.timer);
    this.pending = { text, dirty, version: this.editor.version };
    this.timer = setTimeout(() => this.#flush(), UNJUDGED_MS);
  }

  /* The present text was judged. */
  judged(problems) {
    if (problems.some(({ message }) => message === this.secretRefusal)) this.#forget();
    else this.#flush();
  }

  /* Nothing is unsaved any more. */
  done() {
    this.#forget();
    drop(KIND);
  }

  offer() {
    const draft = this.drafts.newest();
    if (draft === null) return;
    if (draft.text === this.editor.text) {
      this.drafts.drop(draft.version);
      return;
    }
    const stale = draft.version !== this.editor.version;
    const text = stale
      ? `You have unsaved changes from ${ago(Date.now() - draft.at)}, begun on version ${draft.version}; version ` +
        `${this.editor.version} has been saved since. Restored, they stand against what that changed.`
      : `You have unsaved changes from ${ago(Date.now() - draft.at)}.`;
    banner(KIND, stale ? "warn" : "busy", text, [
      { label: "Restore", act: () => this.#restore(draft) },
      { label: "Show the difference", act: () => this.#compare(draft) },
      { label: "Discard", act: () => this.#discard(draft) },
    ]);
  }

  #flush() {
    clearTimeout(this.timer);
    if (!this.pending) return;
    const { text, dirty, version } = this.pending;
    this.pending = null;
    if (dirty) this.drafts.keep(version, text);
    else this.drafts.drop(version);
  }

  #forget() {
    clearTimeout(this.timer);
    this.pending = null;
    this.drafts.drop(this.editor.version);
  }

  #restore(draft) {
    this.drafts.drop(draft.version);
    this.editor.put(draft.text);
    return true;
  }

  #discard(draft) {
    this.drafts.drop(draft.version);
    return true;
  }

  #compare(draft) {
    let changes = [];
    let lead = `What saving the draft would change, compared with version ${this.editor.version}:`;
    try {
      changes = differences(this.editor.base, read(draft.text).value);
    } catch {
      lead = "The draft's JSON can't be read, so it can't be compared. Restored, it can be put right.";
    }
    return showDifference("The unsaved changes", lead, changes);
  }
}
