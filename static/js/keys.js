// A key presses the button that names it in `data-key`, on every page: playground/keys.py is the
// table. Besides: the dialog that lists the keys, full screen, and the controls that fold away.

import { byId, listen } from "./contract.js";
import { report } from "./failures.js";

const TYPED =
  "textarea, select, [contenteditable]," +
  "input:not([type=radio], [type=checkbox], [type=range], [type=button], [type=submit])";
const MOVES = [
  "arrowleft",
  "arrowright",
  "arrowup",
  "arrowdown",
  "home",
  "end",
  "pageup",
  "pagedown",
];
const isCharacter = (key) => key.length === 1;
const REPEATS = ["arrowleft", "arrowright", "+", "-"]; // press again while they are held down

// Whether the focused element uses a key itself, so that it is no shortcut there.
function usesKey(element, key) {
  if (!(element instanceof Element)) return false;
  if (element.closest(TYPED)) return true;
  if (element.matches("input[type=range]")) return MOVES.includes(key);
  if (element.matches("input[type=radio], input[type=checkbox]"))
    return key === "space" || MOVES.includes(key);
  if (element.closest("[role=application]") && MOVES.includes(key)) return true;
  return key === "space" && Boolean(element.closest("button, summary, a, [role=button]"));
}

// The element that names a key in an attribute. Followers of a room have no controls to press.
function elementOf(attribute, key) {
  const elements = [...document.querySelectorAll(`[${attribute}]`)];
  return elements.find((element) => element.getAttribute(attribute).split(" ").includes(key));
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.isComposing) return;
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  if (usesKey(event.target, key)) return;
  if (isCharacter(key) && document.documentElement.dataset.singleKeys === "off") return;
  const button = elementOf("data-key", key);
  const dialog = document.querySelector("dialog:modal");
  if (dialog) {
    if (button && dialog.id === button.dataset.opens) dialog.close();
    return;
  }
  const field = elementOf("data-focus-key", key);
  if (!button && !field) return;
  event.preventDefault();
  const isBusy = button?.classList.contains("htmx-request");
  if (event.repeat && (!REPEATS.includes(key) || isBusy)) return;
  if (button) button.click();
  else field.focus();
});

// Full screen shows the content without the bar. Some browsers, and some frames, do not allow it.
async function toggleFullScreen() {
  if (document.fullscreenElement) return document.exitFullscreen();
  try {
    await byId("main").requestFullscreen();
  } catch {
    report(byId("failure").dataset.windowed);
  }
}

// Until a person folds or unfolds the controls, the theme decides: the projector's are folded.
function controlsShow() {
  const { theme, controls } = document.documentElement.dataset;
  return controls ? controls === "shown" : theme !== "projector";
}

function setControls(choice) {
  const button = byId("controls");
  document.documentElement.dataset.controls = choice;
  const age = choice ? "" : "; max-age=0";
  document.cookie = `controls=${choice}; path=${button.dataset.path}; samesite=lax${age}`;
  button.setAttribute("aria-pressed", String(controlsShow()));
}
// A year, for this person on every page.
function setSingleKeys({ checked, dataset }) {
  document.documentElement.dataset.singleKeys = checked ? "" : "off";
  const age = checked ? 0 : 31536000;
  document.cookie = `keys=off; path=${dataset.path}; samesite=lax; max-age=${age}`;
}
document.addEventListener("change", ({ target }) => {
  if (target.id === "single-keys") setSingleKeys(target);
});
const toggleControls = () => setControls(controlsShow() ? "hidden" : "shown");

// Select the theme after the one in use: the person's, else the system's.
function selectNextTheme() {
  const buttons = [...document.querySelectorAll(".themes button")];
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const theme = document.documentElement.dataset.theme || system;
  const index = buttons.findIndex(({ value }) => value === theme);
  buttons[(index + 1) % buttons.length].click();
}

const ACTIONS = { fill: toggleFullScreen, fold: toggleControls, next: selectNextTheme };
document.addEventListener("click", ({ target }) => {
  const action = target.closest?.("[data-act]")?.dataset.act;
  ACTIONS[action]?.();
  const dialog = target.closest?.("[data-opens]")?.dataset.opens;
  if (dialog) document.getElementById(dialog).showModal();
  if (target.closest?.("[data-closes]") || target.matches?.("dialog.help"))
    target.closest("dialog").close();
});

// A selected weight is set by a control, so the controls unfold.
document.addEventListener("click", ({ target }) => {
  if (target.id === "select-weight" && !controlsShow()) setControls("shown");
});
// Another theme starts with its own choice.
listen("themechange", ({ detail }) => {
  if (detail.by === "person" && byId("controls")) setControls("");
});
