/* The settings editor: takes over the page that the server has painted. Without it, that page's own form still saves. */

import { byId, element, say, show } from "../../runtime/dom.js";
import { chooseTemplate } from "./dialogs.js";
import { DraftKeeping } from "./draft_keeping.js";
import { Drafts } from "./drafts.js";
import { Editor, pretty } from "./editor.js";
import { EngineLink } from "./engine_link.js";
import { FormExtras } from "./form_extras.js";
import { FormPane } from "./form_pane.js";
import { followForm, listSections } from "./finding.js";
import { JsonPane } from "./json_pane.js";
import { NewerVersion } from "./newer_version.js";
import { tabs } from "./panes.js";
import { Saving } from "./saving.js";
import * as server from "./server.js";
import { blank } from "./shape.js";
import * as toasts from "./toasts.js";
import { counted } from "./words.js";

/* A module runs just before this event, and the form is made by it. */
await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));

const given = JSON.parse(byId("editor-data").textContent);
const root = byId("editor");
const saveButton = document.querySelector(".submit-row [name=_save]");
const discardButton = byId("editor-discard");
const templatesButton = byId("editor-templates");

const form = new FormPane(given.schema, (document) => editor.takeForm(document));
form.begin(given.settings);
const json = new JsonPane(byId("json-text"), () => editor.takeText());
json.show(pretty(given.settings));
json.editor.session.getUndoManager().reset();

const editor = new Editor({
  schema: given.schema,
  base: given.settings,
  version: given.version,
  form,
  json,
  onState: showState,
  onText: (text, dirty) => {
    drafts.hear(text, dirty);
    extras.refresh();
  },
  onJudged: (problems) => drafts.judged(problems),
});
const drafts = new DraftKeeping(editor, new Drafts(given.owner), given.secretRefusal);
const panes = tabs(root, () => json.resize());
followForm(form, json);
listSections(byId("editor-sections"), given.schema, form.holder);

const newer = new NewerVersion(editor, {
  onLoad: (saved) => {
    drafts.done();
    takeSaved(saved);
    return true;
  },
  onKeep: (saved) => {
    drafts.done();
    editor.rebase(saved.settings, saved.version);
    showVersion(saved);
    drafts.hear(editor.text, editor.isDirty);
    toasts.succeeded(`Going on from version ${saved.version}. Saving shows what yours would change about it.`);
    return true;
  },
});

const saving = new Saving(editor, {
  onBusy: (busy) => {
    newer.saving = busy;
    saveButton.setAttribute("aria-busy", String(busy));
    for (const button of [saveButton, templatesButton]) button.disabled = busy;
    discardButton.disabled = busy || !editor.isDirty;
  },
  onSaved: (saved, text) => {
    drafts.done();
    newer.forget();
    /* Typed on while it was being saved: that stays, and is unsaved. */
    if (editor.text === text) takeSaved(saved);
    else editor.rebase(saved.settings, saved.version);
    showVersion(saved);
  },
  onStale: () => {
    newer.saving = false;
    newer.told = 0;
    newer.hear(Infinity);
    toasts.failed("Not saved: another version has been saved meanwhile. What to do about it stands at the top.");
    byId("editor-banners").scrollIntoView({ block: "center" });
  },
  onWrong: goToProblem,
});

const link = new EngineLink({ onVersion: (version) => newer.hear(version), onChange: () => extras.refresh() });
const extras = new FormExtras(form.holder, {
  link,
  exchanges: given.exchanges,
  document: () => editor.document,
  addExchange: (name) => {
    const entry = blank(given.schema.properties.exchanges.additionalProperties);
    editor.put({ ...editor.document, exchanges: { ...editor.document.exchanges, [name]: entry } });
    document.querySelector(`[name="rjf§exchanges§${name}§enabled"]`)?.focus();
  },
});

function takeSaved(saved) {
  editor.rebase(saved.settings, saved.version);
  editor.put(saved.settings);
  showVersion(saved);
}

function showVersion(saved) {
  say(document.querySelector(".field-version .readonly"), saved.version);
  const moment = saved.updatedAt.slice(0, 19).replace("T", " ");
  say(document.querySelector(".field-saved .readonly"), `${moment} UTC${saved.updatedBy ? ` by ${saved.updatedBy}` : ""}`);
  document.querySelector("[name=base_version]").value = saved.version;
  /* The head of the page was painted with the version before. */
  const { public_name: name, trading_mode: mode } = saved.settings.perseus_profile;
  byId("trading-mode").replaceChildren(`${name} · trading mode `, element("strong", {}, mode));
}

function showState({ dirty, problems }) {
  show(byId("unsaved"), dirty);
  discardButton.disabled = saving.busy || !dirty;
  const summary = byId("problems");
  show(summary, problems.length > 0);
  say(summary, problems.length > 0 ? `${counted(problems.length, "problem")}: ${where(problems[0])}` : "");
  document.title = document.title.replace(/^(• )?/, dirty ? "• " : "");
}

function where({ path, message, line }) {
  return `line ${line}, ${path ? `${path} ` : ""}${message}`;
}

/* Where both panes are to be seen the JSON gets the focus and the form shows the field; else whichever is open. */
function goToProblem(problem) {
  if (!problem) return;
  const field = form.reveal(problem.path);
  if (field && panes.alone === "form") return field.focus();
  panes.show("json");
  return json.goTo(problem.line);
}

async function openTemplates() {
  templatesButton.setAttribute("aria-busy", "true");
  try {
    const answer = await server.templates();
    const chosen = await chooseTemplate(answer.results ?? answer);
    if (!chosen) return;
    editor.put(withChanges(editor.written ?? editor.document, chosen.changes ?? []));
    toasts.succeeded(`“${chosen.title}” stands in the editor. It counts once you save it.`);
  } catch (error) {
    if (!(error instanceof server.Refused)) throw error;
    toasts.failed(`The templates can't be read. ${error.message}`);
  } finally {
    templatesButton.removeAttribute("aria-busy");
  }
}

/* `changes` as the server tells them: each field's value afterwards, or none where the field goes. */
function withChanges(settings, changes) {
  const made = structuredClone(settings);
  for (const change of changes) {
    const parts = change.path.split(".");
    const last = parts.pop();
    let node = made;
    for (const part of parts) node = node[part] ??= {};
    if ("after" in change) node[last] = change.after;
    else delete node[last];
  }
  return made;
}

byId("usersettings_form").addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
  saving.save();
});
discardButton.addEventListener("click", () => saving.discard());
templatesButton.addEventListener("click", openTemplates);
byId("problems").addEventListener("click", () => goToProblem(editor.problems[0]));

addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s") {
    event.preventDefault();
    saving.save();
  } else if (event.key === "Escape" && !event.defaultPrevented && !event.target.closest?.(".ace_editor")) {
    /* The same key press would close the question that it opens. */
    event.preventDefault();
    saving.discard();
  }
});

addEventListener("beforeunload", (event) => {
  if (editor.isDirty) event.preventDefault();
});

toasts.keepAbove(document.querySelector(".submit-row"));
showState({ dirty: false, problems: [] });
root.classList.add("ready");
drafts.offer();
