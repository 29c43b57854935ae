// A menu is a <details class="menu">. It closes by choosing, by a press elsewhere, by Esc, and when
// the focus goes elsewhere.

const MENUS = "details.menu[open]";

function close(menu) {
  const hadFocus = menu.contains(document.activeElement);
  menu.open = false;
  if (hadFocus) menu.querySelector("summary").focus();
}

function closeOthers({ target }) {
  for (const menu of document.querySelectorAll(MENUS)) if (!menu.contains(target)) close(menu);
}

// Plots keep presses to themselves, so this listens first.
addEventListener("pointerdown", closeOthers, { capture: true });
addEventListener("focusin", closeOthers);
addEventListener("click", ({ target }) => {
  const menu = target.closest?.("a, button")?.closest(MENUS);
  if (menu) close(menu);
});
addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector(MENUS);
  if (!menu) return;
  close(menu);
  event.preventDefault();
});
