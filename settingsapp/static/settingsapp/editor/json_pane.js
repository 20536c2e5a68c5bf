/* The raw document in Ace. */

/* global ace */

const LIGHT = "ace/theme/github_light_default";
const DARK = "ace/theme/github_dark";

export class JsonPane {
  /* `onEdit(text)` hears what the user does to the text, and only that. */
  constructor(holder, onEdit) {
    ace.config.set("useStrictCSP", true);
    this.holder = holder;
    this.editor = ace.edit(holder, {
      /* First of all: the mode would start its worker, and the text is judged elsewhere. */
      useWorker: false,
      mode: "ace/mode/json",
      tabSize: 2,
      useSoftTabs: true,
      showPrintMargin: false,
      scrollPastEnd: 0.2,
      fontSize: 13,
      fixedWidthGutter: true,
      wrap: true,
      /* Tab leaves the editor unless Enter has been pressed in it: nobody is caught in here. */
      enableKeyboardAccessibility: true,
    });
    this.editor.textInput.getElement().setAttribute("aria-label", "Settings as JSON");
    this.showing = false;
    this.markers = [];
    this.editor.session.on("change", () => {
      if (!this.showing) onEdit(this.text);
    });
    this.#followScheme();
  }

  get text() {
    return this.editor.getValue();
  }

  /* Replace only the lines that differ: the cursor, the scrolling and the history stay what they are. */
  show(text) {
    const session = this.editor.session;
    const before = session.getDocument().getAllLines();
    const after = text.split("\n");
    let head = 0;
    while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
    if (head === before.length && head === after.length) return;
    let tail = 0;
    const most = Math.min(before.length, after.length) - head;
    while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
    this.showing = true;
    try {
      if (head + tail === 0) session.setValue(text);
      else this.#replaceLines(head, before, after, tail);
    } finally {
      this.showing = false;
    }
  }

  #replaceLines(head, before, after, tail) {
    /* From the end of the last common line to the end of the last differing one, or a line before a common end. */
    const from = head > 0 ? { row: head - 1, column: before[head - 1].length } : { row: 0, column: 0 };
    const lastRow = before.length - 1 - tail;
    const changed = after.slice(head, after.length - tail).map((line) => (head > 0 ? `\n${line}` : `${line}\n`)).join("");
    const to = head > 0 ? { row: lastRow, column: before[lastRow]?.length ?? 0 } : { row: lastRow + 1, column: 0 };
    this.editor.session.replace({ start: from, end: to }, changed);
  }

  /* `problems`: `[{line, text}]`. */
  annotate(problems, type = "error") {
    const session = this.editor.session;
    for (const marker of this.markers) session.removeMarker(marker);
    const Range = ace.require("ace/range").Range;
    this.markers = problems.map(({ line }) =>
      session.addMarker(new Range(line - 1, 0, line - 1, 1), "json-problem", "fullLine"),
    );
    session.setAnnotations(problems.map(({ line, text }) => ({ row: line - 1, column: 0, text, type })));
  }

  goTo(line) {
    this.editor.resize();
    this.editor.gotoLine(line, 0, true);
    this.editor.focus();
  }

  /* Bring a line into view and mark it, without taking the focus from where it is. */
  point(line) {
    const session = this.editor.session;
    if (this.pointer !== undefined) session.removeMarker(this.pointer);
    const Range = ace.require("ace/range").Range;
    this.pointer = session.addMarker(new Range(line - 1, 0, line - 1, 1), "json-here", "fullLine");
    if (!this.editor.isRowFullyVisible(line - 1)) this.editor.scrollToLine(line - 1, true, false);
  }

  resize() {
    this.editor.resize();
  }

  #followScheme() {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const apply = () => {
      const chosen = document.documentElement.dataset.theme;
      this.editor.setTheme(chosen === "dark" || (chosen !== "light" && dark.matches) ? DARK : LIGHT);
    };
    apply();
    dark.addEventListener("change", apply);
    new MutationObserver(apply).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }
}
