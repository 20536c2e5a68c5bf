/* The status page: starts from what the server painted, and follows the engine from there. */

import { addAlert, beginWith, noteDelivery, showAgain, showAlerts } from "./alerts.js";
import { Connection } from "./connection.js";
import { Controls } from "./controls.js";
import { byId, say, setTone, show } from "./dom.js";
import { addError, showErrors } from "./errors.js";
import { honest, showStatus } from "./status.js";
import { presentAs, ServerClock, tick } from "./time.js";

const TICK_MS = 500;

const CONNECTIONS = {
  connecting: ["Connecting…", "busy"],
  live: ["Live", "good"],
  lost: ["Connection lost – reconnecting…", "bad"],
  "no-redis": ["The server can't reach Redis – trying again…", "bad"],
  "signed-out": ["Signed out – sign in again to go on", "bad"],
  "no-identity": ["Your login belongs to no identity any more", "bad"],
};

const initial = JSON.parse(byId("initial").textContent);
const clock = new ServerClock(initial.status.observedAt);
const controls = new Controls();
let status = initial.status;
let heardAt = performance.now();
presentAs(status.presentation);
beginWith(initial.alerts);

function paint() {
  const now = clock.now();
  const shown = honest(status, now, performance.now() - heardAt);
  showStatus(shown, now);
  controls.reflect(shown);
  tick(now);
}

function take(newStatus) {
  status = newStatus;
  if (status.observedAt) clock.set(status.observedAt);
  if (presentAs(status.presentation)) showAgain();
}

function receive(message) {
  heardAt = performance.now();
  switch (message.type) {
    case "snapshot":
      take(message.status);
      /* None are told while the database is away: those that are shown stay. */
      if (message.alerts) showAlerts(message.alerts);
      showErrors(message.errors);
      show(byId("gap-notice"), message.gap === true);
      break;
    case "status":
      take(message);
      break;
    case "alert":
      addAlert(message);
      break;
    case "delivery":
      noteDelivery(message);
      break;
    case "error":
      addError(message);
      break;
    default:
      controls.hear(message);
  }
  paint();
}

function showConnection(state) {
  const [text, tone] = CONNECTIONS[state];
  const pill = byId("connection");
  setTone(pill, tone);
  if (state === "signed-out") {
    const link = document.createElement("a");
    link.href = `/login/?next=${encodeURIComponent(location.pathname)}`;
    link.textContent = text;
    pill.replaceChildren(link);
  } else {
    say(pill, text);
  }
}

showConnection("connecting");
paint();
setInterval(paint, TICK_MS);
new Connection("/ws/runtime/", { onMessage: receive, onState: showConnection }).open();
