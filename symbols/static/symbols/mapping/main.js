/* Across exchanges. What the page shows comes from the server; after each action its parts are fetched anew. */

import { ask } from "../../settingsapp/editor/server.js";
import { Outcome, button, renew } from "../outcome.js";
import { Switching } from "./switching.js";

const REFRESH = "/api/v1/symbols/refresh";
const LOOK_AGAIN_MS = 700;
const outcome = new Outcome(document.querySelector(".across"));

/* `offer`: `{label, act}`, a button beside the text. */
function tell(text, tone, offer) {
  outcome.tell(text, tone, ...(offer ? [button(offer.label, offer.act)] : []));
}

async function act(waiting, work) {
  await outcome.act(waiting, work);
  connect();
  outcome.focus();
}

async function show(address) {
  if (await renew(address, "known", "map", "switch")) window.history.replaceState(null, "", address);
}

async function readAnew() {
  await ask("POST", REFRESH, { text: "{}" });
  let states;
  do {
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    states = (await ask("GET", REFRESH)).results;
  } while (states.some((one) => one.state === "running"));
  await show(window.location.pathname + window.location.search);
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
    new Switching(form, { act, tell, renew: show });
  }
}

if (outcome.node) connect();
