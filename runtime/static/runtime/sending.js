/* Commands from the press to the result: several at once, each known by its id, also after the page was loaded anew. */

const COMMANDS = "/api/v1/runtime/commands";
const KEPT = "livermore.sent";
const FINAL = new Set(["succeeded", "failed", "refused", "expired", "superseded"]);

/**
 * What is known of a sent command: `{id, command, payload, state, message?, at, acknowledgedAt?, endedAt?, done?, total?}`,
 * times in ms by the server's clock. `state` is `sending`, `queued`, `acknowledged`, an outcome, or `not sent`.
 */
export class Sender {
  /* `onChange(sent)` hears each change; `now()` tells the server's time, ms. */
  constructor({ onChange, now = () => Date.now() }) {
    this.onChange = onChange;
    this.now = now;
    this.open = new Map();
    for (const sent of remembered()) this.open.set(sent.id, sent);
  }

  /* Those that had not ended when the page was left. */
  get unfinished() {
    return [...this.open.values()];
  }

  async send(command, payload) {
    const sent = { id: newId(), command, payload, state: "sending", at: this.now() };
    this.open.set(sent.id, sent);
    this.#changed(sent);
    try {
      const response = await fetch(COMMANDS, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
        body: JSON.stringify({ command, payload, id: sent.id }),
      });
      const answer = await response.json().catch(() => ({}));
      if (!response.ok) throw new Error(inWords(answer) ?? `the server answered ${response.status}`);
      /* The acknowledgement can be here before the answer to the request is. */
      if (sent.state === "sending") this.#become(sent, { state: "queued" });
    } catch (error) {
      /* Its result may be here already: then it was sent, whatever became of the answer. */
      if (sent.state === "sending") this.#become(sent, { state: "not sent", message: error.message, endedAt: this.now() });
    }
    return sent;
  }

  hear(message) {
    const sent = this.open.get(message.commandId);
    if (!sent) return;
    switch (message.type) {
      case "ack":
        this.#become(sent, { state: "acknowledged", acknowledgedAt: message.timestamp });
        break;
      case "progress":
        this.#become(sent, { done: message.done, total: message.total, message: message.message });
        break;
      case "result":
        this.#become(sent, { state: message.outcome, message: message.message ?? "", endedAt: message.timestamp });
        break;
      default:
    }
  }

  /* Ask what became of those that are open: answers may have been missed while the page was away. */
  async catchUp() {
    for (const sent of this.unfinished) {
      if (sent.state === "sending") continue;
      const response = await fetch(`${COMMANDS}/${encodeURIComponent(sent.id)}`).catch(() => null);
      if (!response) return;
      if (response.status === 404) {
        this.#become(sent, { state: "not sent", message: "the server knows nothing of it", endedAt: this.now() });
      } else if (response.ok) {
        const { state, message, acknowledgedAt, finishedAt } = await response.json();
        if (!this.open.has(sent.id)) continue;
        const told = FINAL.has(state) ? { message: message ?? "", endedAt: finishedAt } : {};
        this.#become(sent, { state, acknowledgedAt, ...told });
      }
    }
  }

  #become(sent, change) {
    Object.assign(sent, change);
    if (isOver(sent)) this.open.delete(sent.id);
    this.#changed(sent);
  }

  #changed(sent) {
    remember(this.unfinished);
    this.onChange(sent);
  }
}

export function isOver(sent) {
  return FINAL.has(sent.state) || sent.state === "not sent";
}

function inWords(answer) {
  if (!answer.message) return null;
  const fields = (answer.fields ?? []).map(({ path, message }) => (path ? `${path}: ${message}` : message));
  return fields.length ? fields.join("; ") : answer.message;
}

function csrfToken() {
  return document.querySelector("[name=csrfmiddlewaretoken]").value;
}

/* Kept for this tab alone. Where nothing can be kept, a page that is loaded anew just doesn't know of them. */
function remember(sent) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(sent));
  } catch {
    /* Full, or forbidden. */
  }
}

function remembered() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

/* randomUUID exists on secure origins only, and this page is also served over plain http. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `web-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
