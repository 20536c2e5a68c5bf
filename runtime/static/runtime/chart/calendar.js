/* Where the time axis is labelled: at round times of the owner's clock. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 4, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500].map((n) => n * DAY),
];

/**
 * The labels for the bars from `from` to `until` (places), at least `room` bars apart: `[{index, text, isDay}]`.
 * `shown`: the owner's presentation.
 */
export function timeTicks(bars, from, until, room, duration, shown) {
  const step = STEPS.find((one) => one >= duration * room) ?? STEPS.at(-1);
  const found = [];
  const numberOf = (bar, length) => Math.floor((bar.openTime + shown.minutesAhead(bar.openTime) * MINUTE) / length);
  for (let index = Math.max(from, 1); index < until; index += 1) {
    const [before, bar] = [bars[index - 1], bars[index]];
    if (numberOf(before, step) === numberOf(bar, step)) continue;
    const isDay = numberOf(before, DAY) !== numberOf(bar, DAY);
    const previous = found.at(-1);
    if (previous && index - previous.index < room * 0.75) {
      /* After a gap two can come close: the day is worth more than the hour. */
      if (!isDay || previous.isDay) continue;
      found.pop();
    }
    found.push({ index, isDay, text: isDay ? shown.date(bar.openTime) : shown.hourAndMinute(bar.openTime) });
  }
  return found;
}
