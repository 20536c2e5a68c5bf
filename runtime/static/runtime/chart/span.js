/* Which bars are in view: `count` of them from `first` on, both with fractions. */

export const FEWEST = 12;

function within(span, total) {
  const count = Math.min(Math.max(span.count, Math.min(FEWEST, total)), total);
  return { first: Math.min(Math.max(span.first, 0), total - count), count };
}

export function newest(count, total) {
  return within({ first: total - count, count }, total);
}

export function moved(span, bars, total) {
  return within({ first: span.first + bars, count: span.count }, total);
}

/* `factor` above 1 shows more bars; what is at `anchor` (0 left … 1 right) stays there. */
export function zoomed(span, factor, anchor, total) {
  const count = within({ first: 0, count: span.count * factor }, total).count;
  return within({ first: span.first + (span.count - count) * anchor, count }, total);
}

export function including(span, index, total) {
  if (index < span.first) return within({ first: index, count: span.count }, total);
  if (index + 1 > span.first + span.count) return within({ first: index + 1 - span.count, count: span.count }, total);
  return span;
}

export function centred(span, index, total) {
  return within({ first: index + 0.5 - span.count / 2, count: span.count }, total);
}

export function isNewest(span, total) {
  return span.first + span.count >= total - 0.5;
}
