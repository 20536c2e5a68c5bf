/* The status page's few buttons, each told from the press to its result. The control panel has them all. */

import { whatToClear } from "./asking.js";
import { byId, say, setTone, show } from "./dom.js";
import { Sender } from "./sending.js";
import { commandFace } from "./words.js";

export const OFFLINE = "The engine is offline, so a command would not be carried out.";

export class Controls {
  constructor() {
    this.root = byId("controls");
    this.symbols = [];
    this.newest = null;
    this.sender = new Sender({ onChange: (sent) => this.#tell(sent) });
    if (!this.root) return;
    show(this.root, true);
    this.buttons = [...this.root.querySelectorAll("button")];
    for (const button of this.buttons) {
      const { command, dialog } = button.dataset;
      button.addEventListener("click", () => (dialog ? this.#ask(command) : this.sender.send(command)));
    }
  }

  /* Only what would change something is offered, and nothing that nobody would carry out. */
  reflect(status) {
    this.symbols = status.activeSymbols;
    const offline = status.state === "offline";
    const pointless = status.desired.paused ? "pause" : "resume";
    for (const button of this.buttons ?? []) {
      const sending = this.sender.unfinished.some((sent) => sent.state === "sending");
      button.disabled = offline || sending || button.dataset.command === pointless;
      button.title = offline ? OFFLINE : "";
    }
  }

  hear(message) {
    this.sender.hear(message);
  }

  catchUp() {
    this.sender.catchUp();
  }

  /* Nothing is sent unless what it throws away was confirmed. */
  async #ask(command) {
    const payload = await whatToClear(this.symbols);
    if (payload) await this.sender.send(command, payload);
  }

  #tell(sent) {
    if (!this.root || (this.newest !== null && sent.at < this.newest.at)) return;
    this.newest = sent;
    const progress = byId("command-progress");
    setTone(progress, commandFace(sent.state === "not sent" ? "failed" : sent.state).tone);
    const word = sent.state === "sending" ? "sending…" : sent.state;
    const separator = sent.state === "not sent" ? ": " : " – ";
    say(progress, `${sent.command}: ${word}${sent.message ? separator + sent.message : ""}`);
  }
}
