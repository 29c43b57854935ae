// A room's laser pointer: a leader's page sends where it is, a follower's page shows it. And the
// class sees the page to which the leader goes.

import { byId, listen } from "./contract.js";
import { showAnother } from "./laser_pointer.js";

listen("laser", ({ detail }) => {
  const form = byId("pointer");
  if (!form) return;
  for (const field of form.elements) {
    field.disabled = detail === null;
    field.value = detail?.[field.name] ?? "";
  }
  form.requestSubmit();
});
listen("pointer", ({ detail }) => showAnother(JSON.parse(detail.data)));

// The tab in which the room was opened leads: the class sees the pages to which it goes. A page
// opened in another tab is not shown, unless the leader presses "Show this page".
const LEADS = "leads"; // in the tab's storage: "from now on", or the code of its room
document.addEventListener("click", ({ target }) => {
  if (target.closest?.("#lead, #show-page")) sessionStorage.setItem(LEADS, "from now on");
});
addEventListener("pageshow", () => {
  const code = document.querySelector("[data-room]")?.dataset.room;
  if (!code || !["from now on", code].includes(sessionStorage.getItem(LEADS))) return;
  byId("show-page").click();
  sessionStorage.setItem(LEADS, code);
});
