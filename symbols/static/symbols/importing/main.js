/* The import's page: a list is checked, put right line by line, imported whole, and undone. */

import { ask } from "../../settingsapp/editor/server.js";
import { byId, element, show } from "../../runtime/dom.js";
import { count } from "../../runtime/words.js";
import { Outcome, button } from "../outcome.js";
import { Checked } from "./checked.js";
import { Findings } from "./findings.js";
import { Source } from "./source.js";

const IMPORT = "/api/v1/symbols/import";
const root = document.querySelector(".importing");
const outcome = new Outcome(root);

let checked = null;

async function act(waiting, work) {
  if (await outcome.act(waiting, work)) outcome.focus();
  if (checked) findings.show(checked);
}

const judge = (text, kind) => ask("POST", `${IMPORT}?dryRun=1`, { text, headers: { "Content-Type": kind } });
const judgeRows = (rows) => judge(JSON.stringify({ symbols: rows }), "application/json");

function check(content, kind) {
  act("Checking …", async () => {
    checked = null;
    show(byId("checked"), false);
    checked = new Checked(await judge(content, kind));
    show(outcome.node, false);
    findings.begin(checked);
    byId("checked").scrollIntoView({ block: "start" });
  });
}

function take(taken) {
  act("", async () => {
    checked.take(taken);
    checked.renew(await judgeRows(checked.sendable));
  });
}

function leaveOut() {
  act("", async () => {
    checked.leaveOut();
    if (checked.sendable.length) checked.renew(await judgeRows(checked.sendable));
  });
}

function takeOver() {
  act("Importing …", async () => {
    const seen = checked.version;
    const made = await ask("POST", IMPORT, { text: JSON.stringify({ symbols: checked.sendable }) });
    checked = null;
    show(byId("checked"), false);
    show(byId("latest") ?? element("p"), false);
    source.empty();
    const version = made.version === seen ? "" : `, saved as version ${made.version}`;
    const told = `Imported ${count(made.changed.length, "symbol")}${version}.`;
    const undoing = made.id === null ? [] : [" ", button("Undo", () => undo(made.id))];
    outcome.tell(made.changed.length ? told : "Nothing has changed.", "good", ...undoing);
    outcome.focus();
  });
}

function undo(number) {
  act("Undoing …", async () => {
    const undone = await ask("POST", `${IMPORT}/${number}/undo`);
    const left = undone.left.length ? ` Left as somebody has changed them since: ${undone.left.join(", ")}.` : "";
    show(byId("latest") ?? element("p"), false);
    outcome.tell(`Undone: the settings are at version ${undone.version}.${left}`, "good");
    outcome.focus();
  });
}

const tell = (text, tone) => outcome.tell(text, tone);
const source = byId("source") && new Source(byId("source"), { longest: Number(root.dataset.longest), onSubmit: check, tell });
const findings = source && new Findings(byId("checked"), { onTake: take, onLeaveOut: leaveOut, onImport: takeOver });
byId("undo-latest")?.addEventListener("click", (event) => undo(Number(event.target.dataset.number)));
