/* The scanner's page. What it shows comes from the server; after each action it is fetched and put in its place. */

import { ask } from "../../settingsapp/editor/server.js";
import { Criteria } from "./criteria.js";
import { Deciding } from "./deciding.js";

const SCANNER = "/api/v1/symbols/scanner";
const outcome = document.getElementById("outcome");

function tell(text, tone) {
  outcome.className = `outcome tone-${tone}`;
  outcome.textContent = text;
  outcome.hidden = false;
}

/* One thing at a time: while an answer is awaited its buttons are off. */
async function act(waiting, work) {
  const buttons = [...document.querySelectorAll(".scanner button")].filter((button) => !button.disabled);
  for (const button of buttons) button.disabled = true;
  tell(waiting, "busy");
  try {
    const told = await work();
    await renew("standing", "proposal");
    tell(told, "good");
  } catch (error) {
    if (error.status === undefined) throw error;
    const fields = error.fields.map((problem) => `${problem.path}: ${problem.message}`);
    tell([error.message, ...fields].join(" "), "bad");
    if (error.status === 409) await renew("standing", "proposal");
  } finally {
    for (const button of buttons) button.disabled = false;
    /* The pressed button may be gone; whoever goes by keyboard goes on from what was told. */
    outcome.focus();
  }
}

async function renew(...ids) {
  const response = await fetch(window.location.pathname);
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const id of ids) document.getElementById(id).replaceWith(document.adoptNode(page.getElementById(id)));
  connect();
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
const criteria = form && new Criteria(form, { scanner: SCANNER, tell, renew });
if (form) connect();
