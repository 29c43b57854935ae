// The expression lab's table of nodes and its graph. The page's #state holds the state of the lab.

import { byId, listen } from "./contract.js";

// Scroll the table to the row of the current step, and nothing else.
document.addEventListener("htmx:after:swap", () => {
  const row = document.querySelector(".nodes [aria-current]");
  const box = row?.closest(".scroll");
  if (!box) return;
  const [inner, outer] = [row.getBoundingClientRect(), box.getBoundingClientRect()];
  const head = box.querySelector("thead").offsetHeight;
  if (inner.top < outer.top + head) box.scrollTop += inner.top - outer.top - head;
  else if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom;
});

// A click on a node selects it, as if its name had been typed.
listen("nodeclick", ({ detail }) => {
  const field = byId("find");
  if (!field) return; // a follower reads
  field.value = detail;
  field.form.requestSubmit();
  field.value = "";
});
