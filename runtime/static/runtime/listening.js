/* What every live page does: it hears the engine, and says at any time what of its status may be said. */

import { Connection } from "./connection.js";
import { honest } from "./honest.js";
import { presentAs, ServerClock } from "./time.js";

const TICK_MS = 500;

/**
 * `status`: the one that the page came with, or null. `tickMs`: how often time alone is news.
 * `onStatus(status, nowMs, told)`: what may be said now, with every tick and all news; `told` is what was heard last.
 * `onPresentation()`: things are shown in another way. `onSnapshot(message)`: the page has (again) heard everything up
 * to now. `onMessage(message)`: whatever else is told. `onState(state)`: how the page is connected.
 * Returns the server's clock.
 */
export function listen({
  status,
  tickMs = TICK_MS,
  onStatus,
  onPresentation = () => {},
  onSnapshot = () => {},
  onMessage = () => {},
  onState,
}) {
  const clock = new ServerClock(status ? status.observedAt : Date.now());
  let told = status;
  let heardAt = performance.now();
  if (told) presentAs(told.presentation);

  function take(newStatus) {
    told = newStatus;
    if (told.observedAt) clock.set(told.observedAt);
    if (presentAs(told.presentation)) onPresentation();
  }

  function say() {
    if (!told) return;
    const nowMs = clock.now();
    onStatus(honest(told, nowMs, performance.now() - heardAt), nowMs, told);
  }

  function receive(message) {
    heardAt = performance.now();
    if (message.type === "snapshot") {
      take(message.status);
      onSnapshot(message);
    } else if (message.type === "status") {
      take(message);
    } else {
      onMessage(message);
    }
    say();
  }

  onState("connecting");
  say();
  setInterval(say, tickMs);
  new Connection("/ws/runtime/", { onMessage: receive, onState }).open();
  return clock;
}
