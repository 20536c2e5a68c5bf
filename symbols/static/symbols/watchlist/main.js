/* The watchlist's page: reads what is tracked, follows the engine, and lets who may edit it. */

import { ask } from "../../settingsapp/editor/server.js";
import { byId, element, say, show } from "../../runtime/dom.js";
import { presentAs } from "../../runtime/time.js";
import { Adding } from "./adding.js";
import { Bulk } from "./bulk.js";
import { Categories } from "./categories.js";
import { Edits } from "./edits.js";
import { Live } from "./live.js";
import { inFull } from "./notices.js";
import { Outcomes } from "./outcomes.js";
import { Table } from "./table.js";
import { palette } from "./tags.js";

const WATCHLIST = "/api/v1/symbols/watchlist";
const CATEGORIES = "/api/v1/symbols/categories";
/* Tags make no version, so that no status tells of them. */
const LOOK_EVERY_MS = 30_000;

presentAs(JSON.parse(byId("presentation").textContent));

const others = new BroadcastChannel("livermore.watchlist");
let primary = "";
let reading = null;
let bulk = null;
let categories = null;

const live = new Live({
  onStatus: (status) => {
    table.setStatus(status);
    table.reflect({ everywhere: false });
    outcomes.reflect(status);
    if (table.loaded && status.savedSettingsVersion > table.version) load();
  },
  onAnswer: (message) => outcomes.hear(message),
  onSnapshot: () => outcomes.catchUp(),
  onReadings: (readings) => table.setReadings(readings),
});
const now = () => live.now();
const outcomes = new Outcomes({
  now,
  qualify: (symbol) => (symbol.includes(":") ? symbol : `${primary}:${symbol}`),
  onChange: (symbols) => table.outcomesOf(symbols),
});
const table = new Table({
  now,
  outcomes,
  act: (name, row, value) => bulk?.onRow(name, row, value),
  onChoice: () => bulk?.reflect(),
});

if (table.editable) {
  const reload = async () => {
    await load();
    others.postMessage("edited");
  };
  const edits = new Edits({ outcomes, reload, restore: (symbols) => table.restore(symbols) });
  const countOf = (name) => [...table.entries.values()].filter(({ row }) => row.categories.includes(name)).length;
  bulk = new Bulk({ table, edits });
  categories = new Categories({ reload, countOf });
  new Adding({ edits, now });
}

others.addEventListener("message", () => load());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && load());
setInterval(() => document.visibilityState === "visible" && load(), LOOK_EVERY_MS);
load();
live.begin();

/* Read the watchlist and the categories; who asks while that is under way gets what is read after it. */
async function load() {
  if (reading) {
    reading.again ??= reading.done.then(() => load());
    return reading.again;
  }
  const mine = { again: null };
  mine.done = read().finally(() => {
    reading = null;
  });
  reading = mine;
  return mine.done;
}

async function read() {
  let told;
  try {
    told = await Promise.all([ask("GET", WATCHLIST), ask("GET", CATEGORIES)]);
  } catch (error) {
    if (error.status === undefined) throw error;
    return tellTrouble(error);
  }
  show(byId("trouble"), false);
  const [watchlist, { results }] = told;
  primary = watchlist.primaryExchange;
  const colours = palette(results);
  table.load(watchlist.results, watchlist.version, colours);
  categories?.set(colours);
  return bulk?.reflect();
}

function tellTrouble(error) {
  const box = byId("trouble");
  const again = element("button", { type: "button", class: "button" }, "Try again");
  again.addEventListener("click", () => load());
  const what = table.loaded ? "The watchlist can't be read again; below is what was last read." : "The watchlist can't be read.";
  const settings = error.status === 409 ? element("a", { href: "/admin/settingsapp/usersettings/" }, "Open the settings") : null;
  box.replaceChildren(...[element("p", {}, `${what} ${inFull(error)}`), again, settings].filter(Boolean));
  show(box, true);
  byId("rows").setAttribute("aria-busy", "false");
  if (!table.loaded) {
    say(byId("count"), "");
    show(byId("rows"), false);
  }
}
