/* The last commands from everywhere: page, API, shell, schedules. */

import { byId, element, say, show } from "./dom.js";
import { moment } from "./time.js";
import { commandFace } from "./words.js";

const COMMANDS = "/api/v1/runtime/commands";
const MOST = 12;
/* The engine may end many at once. */
const AT_MOST_EVERY_MS = 500;

export class CommandHistory {
  constructor() {
    this.timer = null;
  }

  /* Anything that is said of a command changes the list. */
  hear(message) {
    if (["ack", "result"].includes(message.type)) this.timer ??= setTimeout(() => this.load(), AT_MOST_EVERY_MS);
  }

  async load() {
    clearTimeout(this.timer);
    this.timer = null;
    const response = await fetch(`${COMMANDS}?limit=${MOST}`).catch(() => null);
    const empty = byId("no-history");
    if (!response?.ok) {
      /* What is shown stays; it is as old as its times say. */
      if (!byId("history").children.length) say(empty, "The commands can't be read now. They are tried again with the next one.");
      return;
    }
    const { results } = await response.json();
    byId("history").replaceChildren(...results.map(row));
    say(empty, "No commands in the last seven days.");
    show(empty, results.length === 0);
  }
}

function row(record) {
  const face = commandFace(record.state);
  const url = `/admin/commands/record/?id=${encodeURIComponent(record.id)}`;
  return element(
    "li",
    { class: "record" },
    element("span", { class: `tag tone-${face.tone}` }, face.word),
    element("a", { href: url }, record.command ?? "unreadable"),
    element("span", { class: "quiet clip" }, [record.issuedBy, record.source].filter(Boolean).join(" · ")),
    element("span", { class: "quiet end" }, moment(record.queuedAt)),
    record.message ? element("span", { class: "line" }, record.message) : null,
  );
}
