// The laser pointer: a mark that follows the mouse. It announces what it points at as the event
// `laser`, so that it is found on another screen too.

import { announce } from "./contract.js";
import { inWindow, placeAt } from "./places.js";

const PAUSE = 1000 / 12; // milliseconds between two events

const laser = {
  isOn: false,
  mouse: null, // where the mouse is in the window, or null
  sent: 0, // when the last event was sent
  timer: null, // of the next event
  place: null, // what the last event said
  other: null, // the place of another person's laser
};

function createMark(name) {
  const className = `laser ${name}`;
  const mark = document.createElement("i");
  Object.assign(mark, { className, popover: "manual", ariaHidden: "true" });
  document.body.append(mark);
  return mark;
}
const [trail, own, other] = ["trail", "own", "other"].map(createMark);

// Show a mark in the top layer, so that it is seen over a dialog and in full screen too.
function show(mark, place) {
  const isOpen = mark.matches(":popover-open");
  if (!place) {
    if (isOpen) mark.hidePopover();
    return;
  }
  mark.style.setProperty("--x", `${place.x}px`);
  mark.style.setProperty("--y", `${place.y}px`);
  if (!isOpen) mark.showPopover();
}

// What the mouse points at, so that it is found on another screen.
function currentPlace() {
  const { isOn, mouse } = laser;
  return isOn && mouse ? placeAt(mouse) : null;
}

function send() {
  laser.timer = null;
  const place = currentPlace();
  if (place === laser.place) return; // null, as the last event said
  Object.assign(laser, { sent: performance.now(), place });
  announce("laser", place);
}

function update() {
  for (const mark of [trail, own]) show(mark, laser.isOn ? laser.mouse : null);
  const wait = Math.max(0, laser.sent + PAUSE - performance.now());
  laser.timer ??= setTimeout(send, wait);
}

document.addEventListener("pointermove", ({ clientX: x, clientY: y }) => {
  laser.mouse = { x, y };
  if (laser.isOn) update();
});
document.documentElement.addEventListener("pointerleave", () => {
  laser.mouse = null;
  if (laser.isOn) update();
});
document.addEventListener("click", ({ target, detail, clientX: x, clientY: y }) => {
  const button = target.closest?.("#laser");
  if (!button) return;
  laser.isOn = !laser.isOn;
  if (detail) laser.mouse = { x, y }; // a click of the mouse, not of a key
  button.setAttribute("aria-pressed", String(laser.isOn));
  document.documentElement.classList.toggle("pointing", laser.isOn);
  update();
});

/** Show the laser of another person at a place, or nowhere. */
export function showAnother(place) {
  laser.other = place;
  show(other, place && inWindow(place));
}

const placeAgain = () => laser.other && showAnother(laser.other);
addEventListener("resize", placeAgain);
addEventListener("scroll", placeAgain, { capture: true, passive: true });
document.addEventListener("htmx:after:swap", () => requestAnimationFrame(placeAgain));

// What enters the top layer later covers what was there: open the marks again, above it.
function raise({ target }) {
  if (target.matches?.(".laser")) return;
  for (const mark of [trail, own, other])
    if (mark.matches(":popover-open")) {
      mark.hidePopover();
      mark.showPopover();
    }
  placeAgain();
}
document.addEventListener("fullscreenchange", raise);
document.addEventListener("toggle", raise, { capture: true }); // of dialogs
