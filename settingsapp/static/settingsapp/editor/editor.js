/* One document in two panes. The JSON's text is what is checked, kept as a draft and saved; the form follows it, and
   writes into it. */

import { read, lineOf, UnreadableJson } from "./json_places.js";
import { differences } from "./differences.js";
import { equal, isObject, misfit } from "./shape.js";
import * as server from "./server.js";

const CHECK_AFTER_MS = 300;

export const pretty = (document) => JSON.stringify(document, null, 2);

export class Editor {
  /**
   * `base` and `version`: what is saved. `onState({dirty, problems})` hears what the page is to show;
   * `onText(text, dirty)` each text that the user made, `onJudged(problems)` what is wrong with the present one.
   */
  constructor({ schema, base, version, form, json, onState, onText, onJudged }) {
    Object.assign(this, { schema, base, version, form, json, onState, onText, onJudged });
    this.document = base;
    this.problems = [];
    this.timer = null;
    this.asked = null;
  }

  get text() {
    return this.json.text;
  }

  /* What the text says; undefined while it can't be read. */
  get written() {
    try {
      return read(this.text).value;
    } catch {
      return undefined;
    }
  }

  get isDirty() {
    const written = this.written;
    return written === undefined || !equal(written, this.base);
  }

  /* What differs from the saved document; null while the text can't be read. */
  get changes() {
    const written = this.written;
    return written === undefined ? null : differences(this.base, written);
  }

  /* The form has been changed by its user. */
  takeForm(document) {
    this.document = document;
    this.json.show(pretty(document));
    this.#changed();
  }

  /* The JSON has been changed by its user. */
  takeText() {
    this.#fillForm();
    this.#changed();
  }

  /* Put a text or a document into both panes, as if its user had written it. */
  put(content) {
    this.json.show(typeof content === "string" ? content : pretty(content));
    this.takeText();
  }

  /* Something was saved: from now on, that is what counts as unchanged. */
  rebase(document, version) {
    this.base = document;
    this.version = version;
    this.#tell();
  }

  /* Judge the text now. Returns its problems; where the server can't be asked, those that can be seen here. */
  async check() {
    clearTimeout(this.timer);
    this.asked?.abort();
    const asked = new AbortController();
    this.asked = asked;
    const text = this.text;
    const here = this.#ownProblems(text);
    let found = here;
    if (here.length === 0) {
      try {
        const verdict = await server.judge(text, asked.signal);
        found = verdict.valid ? [] : verdict.problems;
      } catch (error) {
        if (error.name === "AbortError") return this.problems;
      }
    }
    if (asked === this.asked && text === this.text) this.blame(found);
    return this.problems;
  }

  /* Show what is wrong: under the fields of the form, and at the lines of the JSON. */
  blame(problems) {
    let lines = new Map();
    try {
      lines = read(this.text).lines;
    } catch {
      /* Then the problem is that very one, and has its line. */
    }
    this.problems = problems.map((problem) => ({ ...problem, line: problem.line ?? lineOf(lines, problem.path) }));
    this.json.annotate(
      this.problems.map(({ path, message, line }) => ({ line, text: path ? `${path}: ${message}` : message })),
    );
    this.form.blame(this.problems);
    this.onJudged(this.problems);
    this.#tell();
  }

  #fillForm() {
    const [unreadable] = this.#ownProblems(this.text);
    if (unreadable) {
      this.form.lock(`The form waits: line ${unreadable.line} of the JSON ${unreadable.path ? `(${unreadable.path}) ` : ""}– ${unreadable.message}.`);
      this.blame([unreadable]);
      return;
    }
    this.document = this.written;
    this.form.show(this.document);
  }

  /* What keeps the form from showing the text; found without asking the server, so before the next key stroke. */
  #ownProblems(text) {
    try {
      const { value, lines } = read(text);
      if (!isObject(value)) return [{ path: "", message: "the document is an object: { … }", line: 1 }];
      const wrong = misfit(this.schema, value);
      return wrong ? [{ ...wrong, line: lineOf(lines, wrong.path) }] : [];
    } catch (error) {
      if (!(error instanceof UnreadableJson)) throw error;
      return [{ path: "", message: error.message, line: error.line }];
    }
  }

  #changed() {
    this.onText(this.text, this.isDirty);
    this.#tell();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), CHECK_AFTER_MS);
  }

  #tell() {
    this.onState({ dirty: this.isDirty, problems: this.problems });
  }
}
