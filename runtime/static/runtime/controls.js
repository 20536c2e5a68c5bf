/* What can be asked of the engine here, each told from the press to its result. */

import { whatToClear } from "./asking.js";
import { byId, say, setTone, show } from "./dom.js";
import { commandFace } from "./words.js";

const COMMANDS = "/api/v1/runtime/commands";

export class Controls {
  constructor() {
    this.root = byId("controls");
    this.pending = null;
    /* Not until the result: while no engine is there, one may well want to ask for something else. */
    this.sending = false;
    this.symbols = [];
    if (!this.root) return;
    show(this.root, true);
    this.buttons = [...this.root.querySelectorAll("button")];
    for (const button of this.buttons) {
      const { command, dialog } = button.dataset;
      button.addEventListener("click", () => (dialog ? this.#ask(command) : this.#send(command)));
    }
  }

  /* Only what would change something is offered; an engine that isn't there still gets it once it is back. */
  reflect(status) {
    this.symbols = status.activeSymbols;
    const { paused } = status.desired;
    const pointless = status.state === "offline" ? null : paused ? "pause" : "resume";
    for (const button of this.buttons ?? []) {
      button.disabled = this.sending || button.dataset.command === pointless;
    }
  }

  hear(message) {
    if (this.pending === null || message.commandId !== this.pending.id) return;
    if (message.type === "ack") this.#tell("acknowledged", "acknowledged");
    if (message.type === "result") {
      this.#tell(message.outcome + (message.message ? ` – ${message.message}` : ""), message.outcome);
      this.pending = null;
    }
  }

  /* Nothing is sent unless what it throws away was confirmed. */
  async #ask(command) {
    const payload = await whatToClear(this.symbols);
    if (payload) await this.#send(command, payload);
  }

  async #send(command, payload) {
    const id = newId();
    this.pending = { id, command };
    this.sending = true;
    this.#tell("sending…", "queued");
    try {
      const response = await fetch(COMMANDS, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value,
        },
        body: JSON.stringify({ command, payload, id }),
      });
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.message ?? `the server answered ${response.status}`);
      if (this.pending?.id === id && byId("command-progress").dataset.id !== id) this.#tell("queued", "queued");
    } catch (error) {
      /* Its result may be here already: then it was sent, whatever became of the answer. */
      if (this.pending?.id === id) {
        this.#tell(`not sent: ${error.message}`, "failed");
        this.pending = null;
      }
    } finally {
      this.sending = false;
    }
  }

  #tell(text, state) {
    const progress = byId("command-progress");
    /* The acknowledgement can be here before the answer to the request is. */
    progress.dataset.id = text === "acknowledged" ? this.pending.id : "";
    setTone(progress, commandFace(state).tone);
    say(progress, `${this.pending.command}: ${text}`);
  }
}

/* randomUUID exists on secure origins only, and this page is also served over plain http. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `web-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
