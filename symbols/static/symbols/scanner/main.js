/* The scanner's page. What it shows comes from the server; after each action it is fetched and put in its place. */

import { ask } from "../../settingsapp/editor/server.js";
import { Outcome, renew } from "../outcome.js";
import { Criteria } from "./criteria.js";
import { Deciding } from "./deciding.js";

const SCANNER = "/api/v1/symbols/scanner";
const outcome = new Outcome(document.querySelector(".scanner"));

/* `work` returns what is told once the page shows what came of it. */
async function act(waiting, work) {
  const refused = await outcome.act(waiting, async () => {
    const told = await work();
    await show();
    outcome.tell(told, "good");
  });
  if (refused?.status === 409) await show();
  outcome.focus();
}

async function show() {
  if (await renew(window.location.pathname, "standing", "proposal")) connect();
}

function connect() {
  document.getElementById("scan")?.addEventListener("click", () =>
    act("Scanning …", async () => {
      const made = await ask("POST", `${SCANNER}/proposals`, { text: "{}" });
      const { add, remove, keep } = made;
      return `Scanned ${made.exchange}: ${add.length} to add, ${remove.length} to remove, ${keep.length} kept.`;
    }),
  );
  const decision = document.getElementById("decision");
  if (decision) {
    const onSaved = (version) => criteria.follow(version);
    new Deciding(decision, { act, onSaved, proposals: `${SCANNER}/proposals` });
  }
}

const form = document.getElementById("criteria-form");
const tell = (text, tone) => outcome.tell(text, tone);
const criteria = form && new Criteria(form, { scanner: SCANNER, tell, renew: show });
if (form) connect();
