/* Where a list comes from: pasted or typed, a file that is chosen or dropped. */

import { byId, say } from "../../runtime/dom.js";

const isJson = (text) => /^\s*[[{]/.test(text);

export class Source {
  /* `onSubmit(content, kind)` gets what is to be checked: a text or a file, and its media type. */
  constructor(form, { longest, onSubmit, tell }) {
    Object.assign(this, { form, longest, onSubmit, tell, file: null });
    this.text = byId("text");
    this.input = byId("file");
    const drop = byId("drop");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.text.addEventListener("input", () => this.#choose(null));
    this.input.addEventListener("change", () => this.input.files[0] && this.#come(this.input.files[0]));
    for (const name of ["dragenter", "dragover"]) {
      drop.addEventListener(name, (event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        drop.classList.add("over");
      });
    }
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => {
      drop.classList.remove("over");
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      if (event.dataTransfer.files.length > 1) this.tell("Drop one file at a time.", "bad");
      else this.#come(event.dataTransfer.files[0]);
    });
    /* A file that misses the field must not take the page's place. */
    for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
  }

  empty() {
    this.text.value = "";
    this.#choose(null);
  }

  #come(file) {
    this.input.value = "";
    if (file.size > this.longest) {
      this.tell(`${file.name} is larger than ${Math.round(this.longest / 1024)} KiB, and was not read.`, "bad");
      return;
    }
    this.#choose(file);
    this.#submit();
  }

  #choose(file) {
    this.file = file;
    say(byId("chosen"), file ? `${file.name} is chosen.` : "");
  }

  async #submit() {
    if (this.file) {
      const json = isJson(await this.file.slice(0, 100).text());
      this.onSubmit(this.file, json ? "application/json" : "text/csv");
    } else if (!this.text.value.trim()) {
      this.tell("Paste symbols, or choose a file, first.", "bad");
      this.text.focus();
    } else {
      this.onSubmit(this.text.value, isJson(this.text.value) ? "application/json" : "text/csv");
    }
  }
}
