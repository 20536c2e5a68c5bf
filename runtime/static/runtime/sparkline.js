/* A line of what was measured in the last minutes. */

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 120;
const HEIGHT = 24;

export class Sparkline {
  /* `windowMs`: so far back it goes. `svg` becomes the line. */
  constructor(svg, windowMs) {
    this.svg = svg;
    this.windowMs = windowMs;
    this.samples = [];
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("role", "img");
    this.title = document.createElementNS(SVG, "title");
    this.line = document.createElementNS(SVG, "path");
    svg.replaceChildren(this.title, this.line);
  }

  /* `value` is null where nothing could be measured: the line is broken there. Moments (ms) ascend. */
  add(ms, value) {
    if (this.samples.length && this.samples.at(-1).ms >= ms) return false;
    this.samples.push({ ms, value });
    while (this.samples[0].ms < ms - this.windowMs) this.samples.shift();
    return true;
  }

  /* What is known, or null where nothing is: lowest, highest, and since when. */
  get range() {
    const known = this.samples.filter((one) => one.value !== null).map((one) => one.value);
    return known.length ? { lowest: Math.min(...known), highest: Math.max(...known), since: this.samples[0].ms } : null;
  }

  draw(title) {
    const { range } = this;
    const end = this.samples.at(-1)?.ms ?? 0;
    const scale = (HEIGHT - 3) / Math.max(range?.highest ?? 0, 1);
    let pen = "M";
    let path = "";
    for (const { ms, value } of this.samples) {
      if (value === null) {
        pen = "M";
        continue;
      }
      const x = WIDTH * (1 - (end - ms) / this.windowMs);
      path += `${pen}${x.toFixed(1)} ${(HEIGHT - 1.5 - value * scale).toFixed(1)}`;
      pen = "L";
    }
    this.line.setAttribute("d", path);
    if (this.title.textContent !== title) this.title.textContent = title;
  }
}
