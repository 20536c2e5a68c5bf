/* In what desired and actual state differ: since when, what the difference waits for, and which settings it is about. */

import { byId, element, fill, say, show } from "./dom.js";
import { absolute, presented } from "./time.js";
import * as words from "./words.js";

const DIFF = "/api/v1/settings/diff";

/* A difference that is settled at once, as after each save, is not worth a word. */
const PATIENCE_MS = 8_000;
const MOST_FIELDS = 100;

/* Which two versions were compared last: `41-42`. */
let compared = "";

export function showDrift(status, nowMs) {
  const lasting = (status.drift ?? []).filter((one) => one.since === null || nowMs - one.since > PATIENCE_MS);
  show(byId("drift"), lasting.length > 0);
  fill(byId("drift-list"), null, lasting.map((one) => item(one, status, nowMs)));
  const versions = lasting.find((one) => one.what === "settingsVersion" && one.actual);
  show(byId("drift-changes"), versions !== undefined);
  if (versions) compare(versions.actual, versions.desired);
  else compared = "";
}

function item(one, status, nowMs) {
  const since = one.since
    ? element("span", { class: "quiet end", title: absolute(one.since) }, `since ${presented().briefly(one.since, nowMs)}`)
    : null;
  return element(
    "li",
    { class: "difference" },
    element("strong", {}, words.apart(one)),
    since,
    element("span", { class: "line" }, words.waitsFor(one, status)),
  );
}

/* Read which fields differ, once for each pair of versions. */
async function compare(running, saved) {
  const pair = `${running}-${saved}`;
  if (pair === compared) return;
  compared = pair;
  tell(`Comparing version ${running} with version ${saved}…`, []);
  try {
    const response = await fetch(`${DIFF}?from=${running}&to=${saved}`);
    const body = await response.json();
    if (!response.ok) throw new Error(body.message ?? `the server answered ${response.status}`);
    if (compared !== pair) return;
    const { changes } = body;
    const more = changes.length > MOST_FIELDS ? `, of which ${MOST_FIELDS} are shown` : "";
    tell(`Version ${saved} differs from version ${running} in ${words.count(changes.length, "field")}${more}:`, changes);
  } catch (error) {
    if (compared === pair) tell(`Which fields differ can't be read: ${error.message}`, []);
  }
}

function tell(title, changes) {
  say(byId("drift-changes-title"), title);
  const items = changes
    .slice(0, MOST_FIELDS)
    .map((change) =>
      element(
        "li",
        { class: "difference" },
        element("span", { class: "field" }, change.sentence),
        element("span", { class: "line quiet" }, words.IMPACTS[change.impact] ?? change.impact),
      ),
    );
  fill(byId("drift-fields"), null, items);
  show(byId("drift-fields"), items.length > 0);
}
