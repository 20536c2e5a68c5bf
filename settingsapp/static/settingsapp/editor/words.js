/* Counts and ages as the editor says them. */

const MINUTE_MS = 60_000;
const STEPS = [
  [24 * 60 * MINUTE_MS, "day"],
  [60 * MINUTE_MS, "hour"],
  [MINUTE_MS, "minute"],
];

export function ago(ms) {
  for (const [length, name] of STEPS) {
    const number = Math.floor(ms / length);
    if (number > 0) return `${counted(number, name)} ago`;
  }
  return "less than a minute ago";
}

export function counted(number, name) {
  return `${number} ${name}${number === 1 ? "" : "s"}`;
}
