/* What the engine and other tabs say meanwhile, by the live connection. */

import { Connection } from "../../runtime/connection.js";
import * as server from "./server.js";

const UNKNOWN = "unknown";

export class EngineLink {
  /* `onVersion(saved)` hears each saved version that is told; `onChange()` that what is known of variables changed. */
  constructor({ onVersion, onChange }) {
    this.onVersion = onVersion;
    this.onChange = onChange;
    this.environment = null;
    this.waiting = new Map();
    this.connection = new Connection("/ws/runtime/", {
      onMessage: (message) => this.#heard(message),
      onState: (state) => state !== "live" && this.#know(null),
    });
    this.connection.open();
  }

  /* `set`, `missing`, or `unknown` where no engine tells. A name that is not saved yet is not looked for. */
  variable(name) {
    return this.environment?.[name] ?? UNKNOWN;
  }

  get isThere() {
    return this.environment !== null;
  }

  /* Ask the engine for a connection test; `tell(text, tone)` hears each step. */
  async testConnection(exchange, tell) {
    await this.#ask("test-connection", { exchange }, tell);
  }

  /* Ask the engine to send a test message; `tell(text, tone)` hears each step. */
  async testNotification(channel, tell) {
    await this.#ask("test-notification", { channel }, tell);
  }

  async #ask(command, payload, tell) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const id = `web-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    tell("sending…", "busy");
    const ended = new Promise((resolve) => this.waiting.set(id, { tell, resolve }));
    try {
      await server.command(id, command, payload);
      if (this.waiting.has(id)) tell(this.isThere ? "queued…" : "queued; the engine is offline", "busy");
      await ended;
    } catch (error) {
      this.waiting.delete(id);
      tell(`not sent: ${error.message}`, "bad");
    }
  }

  #heard(message) {
    switch (message.type) {
      case "snapshot":
        this.#status(message.status);
        break;
      case "status":
        this.#status(message);
        break;
      case "ack":
        this.waiting.get(message.commandId)?.tell("the engine is trying…", "busy");
        break;
      case "result":
        this.#ended(message);
        break;
      default:
    }
  }

  #status(status) {
    this.#know(status.state === "offline" ? null : (status.environment ?? null));
    if (Number.isInteger(status.savedSettingsVersion)) this.onVersion(status.savedSettingsVersion);
  }

  #know(environment) {
    if (JSON.stringify(environment) === JSON.stringify(this.environment)) return;
    this.environment = environment;
    this.onChange();
  }

  #ended(message) {
    const asked = this.waiting.get(message.commandId);
    if (!asked) return;
    this.waiting.delete(message.commandId);
    asked.tell(message.message || message.outcome, message.success ? "good" : "bad");
    asked.resolve();
  }
}
