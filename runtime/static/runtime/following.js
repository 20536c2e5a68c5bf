/* A page with all the live parts: starts from what the server painted, and follows the engine from there. */

import { addAlert, beginWith, noteDelivery, showAgain, showAlerts } from "./alerts.js";
import { showConnection } from "./connection_pill.js";
import { byId, show } from "./dom.js";
import { addError, showErrors } from "./errors.js";
import { listen } from "./listening.js";
import { showStatus } from "./status.js";
import { beginWithValues } from "./symbols.js";
import { presentAs, tick } from "./time.js";

/**
 * Keep the page's live parts up to date.
 * `onStatus(status)`: what may be said now, with every tick. `onAnswer(message)`: what the engine says of commands.
 * `onSnapshot()`: the page has (again) heard everything up to now.
 */
export function follow({ onStatus = () => {}, onAnswer = () => {}, onSnapshot = () => {} }) {
  const initial = JSON.parse(byId("initial").textContent);
  presentAs(initial.status.presentation);
  beginWith(initial.alerts);
  beginWithValues(initial.readings);

  function hear(message) {
    switch (message.type) {
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
        onAnswer(message);
    }
  }

  return listen({
    status: initial.status,
    onStatus: (status, nowMs) => {
      showStatus(status, nowMs);
      onStatus(status);
      tick(nowMs);
    },
    onPresentation: showAgain,
    onSnapshot: (message) => {
      /* None are told while the database is away: those that are shown stay. */
      if (message.alerts) showAlerts(message.alerts);
      showErrors(message.errors);
      show(byId("gap-notice"), message.gap === true);
      onSnapshot();
    },
    onMessage: hear,
    onState: showConnection,
  });
}
