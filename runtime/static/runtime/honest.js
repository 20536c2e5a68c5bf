/* What of a status may be said, for every page that hears one. It touches no page. */

/* Older than this, a status says what was and not what is, whoever's fault that is. */
const STALE_MS = 5_000;

/**
 * What may be said now: the status itself, or, when nothing fresh comes in any more, that it isn't known.
 * `silentMs`: for how long the server has said nothing.
 */
export function honest(status, nowMs, silentMs) {
  const age = status.timestamp ? nowMs - status.timestamp : Infinity;
  if (status.state === "offline" || (silentMs <= STALE_MS && age <= STALE_MS)) return status;
  const trouble = silentMs > STALE_MS ? "This page hears nothing from the server." : status.trouble;
  return { ...status, state: "offline", lastSeenAt: status.timestamp, trouble };
}
