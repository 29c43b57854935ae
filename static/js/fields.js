// Fields show what the run has. The server draws them again with everything else, and a part of the
// page that holds such fields says so with `data-follows`. A browser would leave a field alone that
// a person has ever changed. Here only one that is being edited stays as it is:
// - until its change is answered; with `data-waits`, until its form is answered or left;
// - with a message that refused it, until it is edited again.

import { byId } from "./contract.js";

const edited = new Map(); // fields with a value that the server does not have yet → number of the edit
const sent = new WeakMap(); // request → what was edited when its control was used
let edits = 0;

const FIELDS = "input:not([type=hidden]), select";

const fieldsIn = (part) => part.querySelectorAll(`:is(${FIELDS})`);

// What a field's attributes say is what the run has.
function show(field) {
  if (edited.has(field) || field.closest(".field.invalid")) return;
  if (field instanceof HTMLSelectElement) {
    const index = [...field.options].findIndex(({ defaultSelected }) => defaultSelected);
    if (index >= 0 && field.selectedIndex !== index) field.selectedIndex = index;
  } else if (["checkbox", "radio"].includes(field.type)) field.checked = field.defaultChecked;
  else if (field.value !== field.defaultValue) field.value = field.defaultValue;
}

function finish(fields) {
  for (const field of fields) edited.delete(field);
  for (const field of fields) show(field);
}

htmx.registerExtension("fields", {
  htmx_before_morph_node: (node, { newNode }) => {
    if (!(node instanceof Element) || !node.closest("[data-follows]")) return true;
    if (node.matches(".field.invalid") && !newNode.matches(".invalid")) return false;
    const { value, checked } = node;
    const state = "checked" in node ? { value, checked } : { value };
    if (edited.has(node)) queueMicrotask(() => Object.assign(node, state));
    return true;
  },
});
document.addEventListener("htmx:after:swap", () => {
  for (const field of edited.keys()) if (!field.isConnected) edited.delete(field);
  for (const part of document.querySelectorAll("[data-follows]")) fieldsIn(part).forEach(show);
});

function noteEdit({ target }) {
  if (target.closest("[data-follows]")) edited.set(target, ++edits);
  const refused = target.closest(".field.invalid");
  if (!refused) return;
  refused.classList.remove("invalid");
  refused.querySelector(".error")?.remove();
  for (const field of refused.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
  if (!document.querySelector(".field.invalid")) byId("refused")?.replaceChildren();
}
// Before htmx, whose request takes along what was edited.
document.addEventListener("input", noteEdit, { capture: true });

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) =>
  sent.set(ctx, new Map(edited)),
);
// The server has answered a field, or a form with its fields. One that was edited again since the
// request waits for the next answer.
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  const source = ctx.sourceElement;
  if (!ctx.response || !source.closest("[data-follows]")) return; // another request replaced it
  const fields = source.matches(FIELDS) ? [source] : [...fieldsIn(source)];
  finish(fields.filter((field) => edited.get(field) === sent.get(ctx)?.get(field)));
});
// A person turns away from a form that waits for its button.
for (const away of ["pointerdown", "focusin"])
  document.addEventListener(away, ({ target }) => {
    for (const form of document.querySelectorAll("[data-waits]"))
      if (!form.contains(target)) finish(fieldsIn(form));
  });

// Enter has already sent a setting, alone where the run plays on. The whole form would begin a new
// run.
document.addEventListener("submit", (event) => {
  if (event.target === byId("settings")) event.preventDefault();
});

// A message about a refused field leads to it, also into a folded part.
document.addEventListener("click", ({ target }) => {
  const name = target.closest?.("[data-field]")?.dataset.field;
  const field =
    name && document.querySelector(`[data-follows] [name="${name}"]:not([type=hidden])`);
  if (!field) return;
  for (let part = field.closest("details"); part; part = part.parentElement.closest("details"))
    part.open = true;
  field.scrollIntoView({ block: "center" });
  field.focus();
  field.select?.();
});

// A message that a person has read.
document.addEventListener("click", ({ target }) => {
  target.closest?.("[data-dismisses]")?.parentElement.replaceChildren();
});
