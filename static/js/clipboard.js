// Copies the text of a field: `data-copy` of a button names the field.

import { byId } from "./contract.js";

// Without a clipboard, as over plain HTTP, the text is selected instead.
async function copy(field) {
  const status = byId("copy-status");
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    status.textContent = "Copied.";
  } catch {
    status.textContent = "Selected: copy it with Ctrl+C.";
  }
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copy]");
  if (button) copy(document.querySelector(button.dataset.copy));
});
