/* Across exchanges. What the page shows comes from the server; after each action its parts are fetched anew. */

import { ask } from "../../settingsapp/editor/server.js";
import { element } from "../../runtime/dom.js";
import { Switching } from "./switching.js";

const REFRESH = "/api/v1/symbols/refresh";
const LOOK_AGAIN_MS = 700;
const outcome = document.getElementById("outcome");

/* `offer`: `{label, act}`, a button beside the text. */
function tell(text, tone, offer) {
  outcome.className = `outcome tone-${tone}`;
  outcome.replaceChildren(element("span", {}, text));
  if (offer) {
    const button = element("button", { type: "button", class: "button" }, offer.label);
    button.addEventListener("click", offer.act);
    outcome.append(button);
  }
  outcome.hidden = false;
}

/* One thing at a time: while an answer is awaited its buttons are off. `work` returns what is told, or tells itself. */
async function act(waiting, work) {
  const buttons = [...document.querySelectorAll(".across button")].filter((button) => !button.disabled);
  for (const button of buttons) button.disabled = true;
  tell(waiting, "busy");
  try {
    await work();
  } catch (error) {
    if (error.status === undefined) throw error;
    tell([error.message, ...error.fields.map((problem) => `${problem.path}: ${problem.message}.`)].join(" "), "bad");
  } finally {
    for (const button of buttons) button.disabled = false;
    connect();
    outcome.scrollIntoView({ block: "nearest" });
    /* The pressed button may be gone; whoever goes by keyboard goes on from what was told. */
    outcome.focus();
  }
}

async function renew(address) {
  const response = await fetch(address);
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const id of ["known", "map", "switch"]) {
    document.getElementById(id).replaceWith(document.adoptNode(page.getElementById(id)));
  }
  window.history.replaceState(null, "", address);
}

async function readAnew() {
  await ask("POST", REFRESH, { text: "{}" });
  let states;
  do {
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    states = (await ask("GET", REFRESH)).results;
  } while (states.some((one) => one.state === "running"));
  await renew(window.location.pathname + window.location.search);
  const failed = states.filter((one) => one.state === "failed").map((one) => `${one.exchange}: ${one.problem}`);
  tell(failed.length ? `Not all could be read. ${failed.join("; ")}.` : "All were read.", failed.length ? "bad" : "good");
}

function connect() {
  const read = document.getElementById("read");
  if (read && !read.dataset.connected) {
    read.dataset.connected = "yes";
    read.addEventListener("click", () => act("Reading the exchanges …", readAnew));
  }
  const form = document.getElementById("switching");
  if (form && !form.dataset.connected) {
    form.dataset.connected = "yes";
    new Switching(form, { act, tell, renew });
  }
}

if (outcome) connect();
