/* The form: django-jsonform, filled from the document and heard when its owner changes something. */

/* global reactJsonForm */

import { fieldOf, fromForm, toForm } from "./shape.js";

const SEPARATOR = "§";

export class FormPane {
  /* `onEdit(document)` hears what the user does in the form, and only that. */
  constructor(schema, onEdit) {
    this.schema = schema;
    this.onEdit = onEdit;
    this.instance = reactJsonForm.getFormInstance("id_settings_jsonform");
    this.holder = document.getElementById("id_settings_jsonform");
    this.note = document.getElementById("form-note");
    this.showing = false;
    this.instance.addEventListener("change", ({ data }) => this.#changed(data));
  }

  /* Take over what the form was rendered with: nothing has been changed in it yet. */
  begin(document) {
    this.document = document;
    this.shown = structuredClone(this.instance.getData());
  }

  show(document) {
    this.document = document;
    this.showing = true;
    try {
      /* A copy: the form writes into what it gets. */
      const data = structuredClone(toForm(this.schema, document));
      this.instance.update({ data, errorMap: this.instance.errorMap });
    } finally {
      this.showing = false;
    }
    this.shown = structuredClone(this.instance.getData());
    this.unlock();
  }

  /* `problems`: `[{path, message}]`, told under their fields. */
  blame(problems) {
    const errors = {};
    for (const { path, message } of problems) {
      /* While the form waits, its note says what for. */
      if (path === "" && this.holder.inert) continue;
      const [parts, line] = fieldOf(this.schema, path);
      (errors[parts.join(SEPARATOR)] ??= []).push(line === null ? message : `line ${line}: ${message}`);
    }
    if (JSON.stringify(errors) === JSON.stringify(this.instance.errorMap ?? {})) return;
    this.showing = true;
    try {
      this.instance.update({ errorMap: errors });
    } finally {
      this.showing = false;
    }
  }

  /* Bring the field of a path into view and return it; null where the form has none, or shows another document. */
  reveal(path) {
    if (this.holder.inert) return null;
    const [parts] = fieldOf(this.schema, path);
    const field = this.holder.querySelector(`[name="rjf${SEPARATOR}${CSS.escape(parts.join(SEPARATOR))}"]`);
    field?.closest(".rjf-form-row")?.scrollIntoView({ block: "center" });
    return field;
  }

  /* While the JSON can't be shown in it, the form says so and takes nothing. */
  lock(reason) {
    this.note.textContent = reason;
    this.note.hidden = false;
    this.holder.inert = true;
  }

  unlock() {
    this.note.hidden = true;
    this.holder.inert = false;
  }

  #changed(data) {
    if (this.showing) return;
    const document = fromForm(this.schema, data, this.shown, this.document);
    this.shown = structuredClone(data);
    if (document === this.document) return;
    this.document = document;
    this.onEdit(document);
  }
}
