/* Pause and resume, each told from the press to its result. */

import { byId, say, show } from "./dom.js";

const COMMANDS = "/api/v1/runtime/commands";

export class Controls {
  constructor() {
    this.root = byId("controls");
    this.pending = null;
    /* Not until the result: while no engine is there, one may well want to ask for something else. */
    this.sending = false;
    if (!this.root) return;
    show(this.root, true);
    this.buttons = [...this.root.querySelectorAll("button")];
    for (const button of this.buttons) {
      button.addEventListener("click", () => this.#send(button.dataset.command));
    }
  }

  /* Only what would change something is offered; an engine that isn't there still gets it once it is back. */
  reflect(status) {
    for (const button of this.buttons ?? []) {
      const isPause = button.dataset.command === "pause";
      button.disabled = this.sending || (isPause === status.desired.paused && status.state !== "offline");
    }
  }

  hear(message) {
    if (this.pending === null || message.commandId !== this.pending.id) return;
    if (message.type === "ack") this.#tell("acknowledged");
    if (message.type === "result") {
      this.#tell(message.outcome + (message.message ? ` – ${message.message}` : ""));
      this.pending = null;
    }
  }

  async #send(command) {
    const id = newId();
    this.pending = { id, command };
    this.sending = true;
    this.#tell("sending…");
    try {
      const response = await fetch(COMMANDS, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value,
        },
        body: JSON.stringify({ command, id }),
      });
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.message ?? `the server answered ${response.status}`);
      if (this.pending?.id === id && byId("command-progress").dataset.id !== id) this.#tell("queued");
    } catch (error) {
      this.#tell(`not sent: ${error.message}`);
      this.pending = null;
    } finally {
      this.sending = false;
    }
  }

  #tell(text) {
    const progress = byId("command-progress");
    /* The acknowledgement can be here before the answer to the request is. */
    progress.dataset.id = text === "acknowledged" ? this.pending.id : "";
    say(progress, `${this.pending.command}: ${text}`);
  }
}

/* randomUUID exists on secure origins only, and this page is also served over plain http. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `web-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
