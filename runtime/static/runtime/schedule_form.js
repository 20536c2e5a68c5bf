/* While a schedule is edited: the next runs of what is typed, as the server works them out. */

import { byId, element, say } from "./dom.js";

const PAUSE_MS = 250;
const section = byId("next-runs");
const fields = ["cron", "at", "timezone"].map((name) => byId(`id_${name}`));

if (section && fields.every(Boolean)) {
  let timer = 0;
  let asking = null;

  const showRuns = ({ words, runs, problem }) => {
    say(section.querySelector(".words"), words);
    section.querySelector(".runs").replaceChildren(...runs.map((run) => element("li", {}, run)));
    say(section.querySelector(".problem"), problem);
  };

  const look = async () => {
    asking?.abort();
    asking = new AbortController();
    const typed = new URLSearchParams(fields.map((field) => [field.name, field.value]));
    try {
      const answer = await fetch(`${section.dataset.url}?${typed}`, { signal: asking.signal });
      if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
      showRuns(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") {
        showRuns({ words: "", runs: [], problem: "The next runs can't be shown: the server does not answer." });
      }
    }
  };

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  };

  for (const field of fields) field.addEventListener("input", soon);
  const empty = fields[0].value === "" && fields[1].value === "";
  if (!empty) look();
}
