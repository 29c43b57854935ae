// Fields show what the run has. The server draws them again with everything else, and a part of the
// page that holds such fields says so with `data-follows`. A browser would leave a field alone that
// a person has ever changed. Here only one that is being edited stays as it is:
// - until its change is sent, or with `data-waits` until its form is sent or left;
// - with a message that refused it, until it is edited again.

import { byId } from "./contract.js";

const edited = new Set(); // fields with a value that the server does not have

const isBeingEdited = (field) => edited.has(field) && field.isConnected;

// What its attributes say is what the run has.
function show(field) {
  if (isBeingEdited(field)) return;
  edited.delete(field);
  if (field instanceof HTMLSelectElement) {
    const index = [...field.options].findIndex(({ defaultSelected }) => defaultSelected);
    if (field.selectedIndex !== index) field.selectedIndex = index;
  } else if (["checkbox", "radio"].includes(field.type)) field.checked = field.defaultChecked;
  else if (field.value !== field.defaultValue) field.value = field.defaultValue;
}

document.addEventListener("htmx:before:morph:node", (event) => {
  const { target } = event;
  const { newNode } = event.detail;
  if (!target.closest?.("[data-follows]")) return;
  if (target.matches(".field.invalid") && !newNode.matches(".invalid")) event.preventDefault();
  if (!target.matches("input:not([type=hidden]), select")) return;
  const { value } = target;
  queueMicrotask(() => {
    if (isBeingEdited(target) && target.value !== value) target.value = value;
    show(target);
  });
});

document.addEventListener("input", ({ target }) => {
  if (target.closest("[data-follows]")) edited.add(target);
  const refused = target.closest(".field.invalid");
  if (!refused) return;
  refused.classList.remove("invalid");
  refused.querySelector(".error")?.remove();
  for (const field of refused.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
  if (!document.querySelector(".field.invalid")) byId("refused")?.replaceChildren();
});

// A field whose form waits for its button is edited until then, or until a person turns elsewhere.
function finish(form) {
  for (const field of form.elements) edited.delete(field);
}
document.addEventListener("change", ({ target }) => {
  if (!target.closest("[data-waits]")) edited.delete(target);
});
document.addEventListener(
  "submit",
  (event) => {
    finish(event.target);
    // Enter has already sent the field, alone where the run plays on. The whole form would begin
    // a new run.
    if (event.target === byId("settings")) event.preventDefault();
  },
  { capture: true },
);
for (const away of ["pointerdown", "focusin"])
  document.addEventListener(away, ({ target }) => {
    for (const form of document.querySelectorAll("[data-waits]")) {
      if (form.contains(target)) continue;
      finish(form);
      for (const field of form.querySelectorAll("input:not([type=hidden])")) show(field);
    }
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
