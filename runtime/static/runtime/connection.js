/* The websocket: connects, comes back after a break, and resumes after the last event that was seen. */

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/* The server says something every two seconds; a socket that is silent for longer is dead, whatever it claims. */
const SILENCE_MS = 6_000;

const SIGNED_OUT = 4401;
const NO_IDENTITY = 4403;
const TRY_LATER = 1013;

export class Connection {
  /**
   * `onMessage(message)` gets each message; `onState(state)` one of `connecting`, `live`, `lost`, `no-redis`,
   * `signed-out`, `no-identity`.
   */
  constructor(path, { onMessage, onState }) {
    this.path = path;
    this.onMessage = onMessage;
    this.onState = onState;
    this.seq = null;
    this.failures = 0;
    this.timer = null;
    addEventListener("online", () => this.#hurry());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#hurry());
  }

  open() {
    clearTimeout(this.timer);
    this.timer = null;
    const url = new URL(this.path, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if (this.seq !== null) url.searchParams.set("since", this.seq);
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.addEventListener("message", (event) => this.#heard(socket, event.data));
    socket.addEventListener("close", (event) => this.#closed(socket, event.code));
    this.#watchSilence(socket);
  }

  #heard(socket, text) {
    if (socket !== this.socket) return;
    this.#watchSilence(socket);
    const message = JSON.parse(text);
    if (message.type === "snapshot") {
      this.failures = 0;
      this.onState(message.status.trouble ? "no-redis" : "live");
    }
    this.seq = message.seq;
    this.onMessage(message);
  }

  #watchSilence(socket) {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      /* close() waits for an answer that a dead line never gives. */
      socket.close();
      this.#closed(socket, 0);
    }, SILENCE_MS);
  }

  #closed(socket, code) {
    if (socket !== this.socket) return;
    this.socket = null;
    clearTimeout(this.silence);
    if (code === SIGNED_OUT) return this.onState("signed-out");
    if (code === NO_IDENTITY) return this.onState("no-identity");
    this.onState(code === TRY_LATER ? "no-redis" : "lost");
    const wait = Math.min(FIRST_WAIT_MS * 2 ** this.failures, LONGEST_WAIT_MS);
    this.failures += 1;
    /* Jitter: all pages of a server that was restarted must not come back in one instant. */
    this.timer = setTimeout(() => this.open(), wait * (0.5 + Math.random() / 2));
  }

  #hurry() {
    if (this.timer !== null) {
      this.failures = 0;
      this.open();
    }
  }
}
