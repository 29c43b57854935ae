// The browser's history is the undo of the expression lab, and it keeps drafts of the text.
//
// - A pause in typing, or in the moves of one slider, ends an entry: Back undoes what came after it.
// - An entry keeps its draft, the text that the server has not accepted yet, so that reload and Back
//   show it again. It is newer than the entry's address, and wins; a button leads back.
// - The newest draft is also kept in the browser's storage. A later visit offers it.

import { byId } from "./contract.js";

const PAUSE = 1500; // milliseconds without a change that end a gesture
const SAVE_AFTER = 100; // milliseconds; browsers allow only some changes of the history a second
const STORAGE_NAME = "draft"; // the name in the browser's storage

const gesture = { control: null, end: 0 };
let saving = null; // a timer while the draft is to be saved
let isMine = false; // whether the draft in the browser's storage is this page's

function continuesGesture(control) {
  const now = performance.now();
  const continues = gesture.control === control && now < gesture.end;
  Object.assign(gesture, { control, end: now + PAUSE });
  return continues;
}

// htmx shows the page of an entry only if it carries this mark.
const mark = () => history.replaceState({ ...history.state, htmx: true }, "");

// Storage may be full or switched off: the entry of the history still has the draft.
function keep(text) {
  try {
    if (text === undefined) localStorage.removeItem(STORAGE_NAME);
    else localStorage.setItem(STORAGE_NAME, text);
  } catch {}
}

function keptText() {
  try {
    return localStorage.getItem(STORAGE_NAME);
  } catch {
    return null;
  }
}

function save() {
  clearTimeout(saving);
  saving = null;
  const code = byId("code");
  if (!code) return;
  const draft = code.value === code.defaultValue ? undefined : code.value;
  try {
    if (draft !== history.state?.draft) history.replaceState({ ...history.state, draft }, "");
  } catch {
    // A browser keeps no text of many megabytes. The page still has it.
  }
  if (draft !== undefined || isMine) keep(draft);
  isMine = draft !== undefined;
}

document.addEventListener("input", ({ target }) => {
  if (target !== byId("code")) return;
  if (!continuesGesture(target)) {
    mark();
    history.pushState({ htmx: true }, "");
    byId("draft").hidden = true;
    return save();
  }
  saving ??= setTimeout(save, SAVE_AFTER);
});
addEventListener("pagehide", save);
document.addEventListener("htmx:after:history:update", save);

// What was typed since a request went out stays, whatever text its answer brings.
let typed = null;
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  const code = byId("code");
  const sent = ctx.request?.body?.get?.("text")?.replaceAll("\r\n", "\n");
  typed = code && sent !== undefined && sent !== code.value ? code.value : null;
});
document.addEventListener("htmx:after:swap", () => {
  const code = byId("code");
  if (code && typed !== null && code.value !== typed) code.value = typed;
  typed = null;
  save();
});

// One entry for a gesture on one field, and none for what changes nothing.
document.addEventListener("htmx:before:history:update", ({ detail }) => {
  const { history: action, sourceElement } = detail;
  const isHere = action.path === location.pathname + location.search;
  if (isHere || (sourceElement.matches("input") && continuesGesture(sourceElement)))
    action.type = "replace";
});

function write(text) {
  const code = byId("code");
  code.value = text;
  code.dispatchEvent(new Event("input", { bubbles: true }));
}

function showDraft(draft) {
  const code = byId("code");
  const earlier = code.value;
  const note = byId("draft");
  continuesGesture(code); // no new entry
  write(draft);
  note.hidden = false;
  note.querySelector("button").onclick = () => {
    gesture.control = null;
    write(earlier);
  };
}

function offer(text) {
  const note = byId("left-draft");
  const [open, forget] = note.querySelectorAll("button");
  note.hidden = false;
  open.onclick = () => {
    note.hidden = true;
    write(text);
  };
  forget.onclick = () => {
    note.hidden = true;
    keep(undefined);
  };
}

// After htmx has begun to listen.
document.addEventListener("DOMContentLoaded", () => {
  const code = byId("code");
  if (!code) return;
  const { draft } = history.state ?? {};
  const left = keptText();
  const [{ type }] = performance.getEntriesByType("navigation");
  if (draft !== undefined && draft !== code.value) showDraft(draft);
  else if (type === "navigate" && left !== null && left !== code.value) offer(left);
});
