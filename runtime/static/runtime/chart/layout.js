/* Where everything stands in the picture, in px. */

const TOP = 8;
const AXIS = 24;
const LANE = 26;
const RIBBON = 16;
const PRICE_SHARE = 0.6;

/* `labels`: so many px the numbers on the right take. */
export function layoutOf(width, height, labels) {
  const right = width - labels;
  const free = Math.max(height - TOP - AXIS - LANE - RIBBON, 40);
  const price = { top: TOP, bottom: TOP + Math.round(free * PRICE_SHARE) };
  const lane = { top: price.bottom, bottom: price.bottom + LANE };
  const ribbon = { top: lane.bottom, bottom: lane.bottom + RIBBON };
  const macdv = { top: ribbon.bottom, bottom: height - AXIS };
  return { width, height, right, price, lane, ribbon, macdv, axis: { top: macdv.bottom, bottom: height } };
}

/* Which place of the course is where, for the bars in view. */
export class Places {
  constructor(span, right) {
    this.span = span;
    this.spacing = right / span.count;
  }

  x(index) {
    return (index - this.span.first + 0.5) * this.spacing;
  }

  index(x) {
    return Math.floor(x / this.spacing + this.span.first);
  }

  /* From the first place that shows to behind the last. */
  get bounds() {
    return [Math.max(Math.floor(this.span.first), 0), Math.ceil(this.span.first + this.span.count)];
  }
}
