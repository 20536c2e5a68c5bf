/* Times: ages by the server's clock, which Redis sets, whatever this computer's says. */

import { element, say } from "./dom.js";
import { Presentation } from "./presentation.js";
import { ago } from "./words.js";

let presentation = null;

/* Show things as this says from now on; tells whether that is another way than before. */
export function presentAs(body) {
  if (!body || JSON.stringify(body) === JSON.stringify(presentation?.body)) return false;
  presentation = new Presentation(body);
  for (const shown of document.querySelectorAll("time[data-ms]")) shown.title = absolute(Number(shown.dataset.ms));
  return true;
}

export function presented() {
  return presentation;
}

export class ServerClock {
  /* `ms`: what the clock showed when `at` (performance.now()) was. */
  constructor(ms) {
    this.set(ms);
  }

  set(ms) {
    this.ms = ms || Date.now();
    this.at = performance.now();
  }

  now() {
    return this.ms + performance.now() - this.at;
  }
}

export function absolute(ms) {
  return presentation.absolute(ms);
}

/* A time that is shown as an age; `tick` keeps it right. */
export function moment(ms, none = "never") {
  if (!ms) return element("span", { class: "quiet" }, none);
  return element("time", { datetime: new Date(ms).toISOString(), "data-ms": Math.trunc(ms), title: absolute(ms) });
}

export function setMoment(holder, ms, none = "never") {
  const shown = holder.querySelector("time[data-ms]");
  if (shown && ms) {
    if (shown.dataset.ms !== String(Math.trunc(ms))) {
      shown.dataset.ms = Math.trunc(ms);
      shown.dateTime = new Date(ms).toISOString();
      shown.title = absolute(ms);
    }
  } else if (ms || shown || !holder.textContent.trim()) {
    holder.replaceChildren(moment(ms, none));
  }
}

export function tick(nowMs) {
  for (const shown of document.querySelectorAll("time[data-ms]")) {
    say(shown, ago(nowMs - Number(shown.dataset.ms)));
  }
}
