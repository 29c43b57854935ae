// Reads out the prediction under the cursor, and turns what a person draws on the plane into edits,
// which the page's form #edit sends. The tool is the one selected under Data; without that tab the
// cursor only reads.

import { byId, listen, TRACES } from "./contract.js";
import { formatNumber } from "./numbers.js";
import * as plotly from "./plotly_private.js";

const REACH = 14; // pixels around a point in which a click means it
const PAUSE = 70; // milliseconds between two edits of a dragged point
const SETTLED = 400; // milliseconds in which the server's figure arrives after the last edit

const cursor = {
  place: null, // where the arrow keys have moved it
  read: null, // the place that was read out last
};
const drag = {
  index: null, // the index of the sample that is held
  moves: 0, // edits sent since it was picked up
  sent: 0, // when the last of them was sent
};
let draggedSample = null; // { index, place, mark }: the sample shown where it is dragged to

const plane = () => byId("surface");
const tool = () => byId("draw")?.querySelector("[name=tool]:checked")?.value ?? "look";
const short = (value) => formatNumber(value, 3);
const slices = () => [...document.querySelectorAll(".slice input")].map(({ value }) => value);
const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

// The place on the plane under the pointer, or null outside its axes.
function placeUnder({ clientX, clientY, target }) {
  if (!target.closest?.("#plane")) return null;
  const axes = plotly.axesOf(plane());
  if (!axes) return null;
  const { left, right, top, bottom } = axes.area;
  if (clientX < left || clientX > right || clientY < top || clientY > bottom) return null;
  return axes.toData(clientX, clientY);
}

// The index of the sample nearest to a place, and its distance in pixels.
function nearestSample(place) {
  const axes = plotly.axesOf(plane());
  const from = axes.toPixels(place);
  let nearest = { distance: Infinity };
  for (const { data, x, y } of plotly.pointsOf(plane())) {
    const to = axes.toPixels({ x, y });
    const distance = Math.hypot(to.x - from.x, to.y - from.y);
    if (distance < nearest.distance) nearest = { distance, index: data[0] };
  }
  return nearest;
}

// What the network predicts at a place, by the newest frame.
function prediction({ x, y }) {
  const trace = plane().data[TRACES.surface];
  const { low, high, open, discrete, classes, outputs } = plane().layout.meta;
  const [rows, columns] = trace.z.shape.split(",").map(Number);
  const column = clamp(Math.round((x - trace.x0) / trace.dx), 0, columns - 1);
  const row = clamp(Math.round((y - trace.y0) / trace.dy), 0, rows - 1);
  const dot = row * columns + column;
  const byte = (array, index) => atob(array.bdata).charCodeAt(index);
  const top = byte(trace.z, dot);
  const level = outputs ? byte(outputs, top * rows * columns + dot) : top;
  const winner = classes[outputs ? top : +(level > 127)];
  if (discrete) return winner;
  const beyond = !open ? "" : level === 255 ? "≥ " : level === 0 ? "≤ " : "";
  const output = `output ${beyond}${short(low + (level / 255) * (high - low))}`;
  return winner ? `${output}, ${winner}` : output;
}

// Keys move a cursor that one may not see, so a screen reader says where it is; a pointer's place
// changes with every frame and is not said.
function readOut(place, isSaid = false) {
  const output = byId("cursor");
  if (!output || !place || !plane()?.data) return;
  output.setAttribute("aria-live", isSaid ? "polite" : "off");
  cursor.read = place;
  const isCarrying = drag.index !== null && cursor.place;
  const hint = isCarrying ? "; carrying a point, Enter puts it down" : "";
  const text = `x1 ${short(place.x)}, x2 ${short(place.y)}: ${prediction(place)}${hint}`;
  if (output.textContent !== text) output.textContent = text;
}

// Send one edit. Edits wait for each other in the lab's queue (hx-sync on the form).
function send(values) {
  const form = byId("edit");
  if (!form) return;
  for (const name of ["how", "at", "index", "target", "testing", "dragged"]) {
    const field = form.elements[name];
    field.disabled = values[name] === undefined;
    field.value = values[name] ?? "";
  }
  form.requestSubmit();
}

const isSending = () => byId("lab").querySelector(".htmx-request:not([id^=stream-])") !== null;

document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement.id !== "edit") return;
  if (ctx.response?.status < 400) setTimeout(settle, SETTLED);
  else letGo();
});

// The server's figure has the sample where it was dragged to.
function settle() {
  if (drag.index === null && !isSending()) draggedSample = null;
}

// Leave the sample where the server has it.
function letGo() {
  drag.index = null;
  if (draggedSample) Plotly.redraw(plane());
  draggedSample = null;
}

// Show a sample where it is dragged to, whatever older place a figure brings meanwhile.
function showAt(index, place) {
  const isFirst = !draggedSample;
  draggedSample = {
    index,
    place,
    mark: draggedSample?.index === index ? draggedSample.mark : null,
  };
  if (isFirst) requestAnimationFrame(keepShown);
}

function keepShown() {
  if (!draggedSample) return;
  if (!draggedSample.mark?.isConnected)
    draggedSample.mark = plotly.markOf(plane(), draggedSample.index).mark;
  plotly.moveMark(plane(), draggedSample.mark, draggedSample.place);
  requestAnimationFrame(keepShown);
}

function add({ x, y }) {
  const { target, testing } = byId("draw").elements;
  const at = [x, y, ...slices()].join(";");
  send({ how: "add", at, target: target.value, testing: testing.checked ? "1" : undefined });
}

function erase(place) {
  const { index, distance } = nearestSample(place);
  if (distance < REACH) send({ how: "erase", index });
}

function pickUp(place) {
  const { index, distance } = nearestSample(place);
  Object.assign(drag, { index: distance < REACH ? index : null, moves: 0 });
}

function move(index, { x, y }) {
  const { rest } = plotly.markOf(plane(), index);
  const at = [x, y, ...rest.slice(0, slices().length)].join();
  send({ how: "move", index, at, dragged: drag.moves ? "1" : undefined });
  drag.moves += 1;
}

function putDown(place) {
  move(drag.index, place);
  drag.index = null;
}

function showCrosshair(isShown) {
  const mark = byId("crosshair");
  const axes = isShown && plotly.axesOf(plane());
  mark.hidden = !axes;
  if (!axes) return;
  const box = mark.parentElement.getBoundingClientRect();
  const { x, y } = axes.toPixels(cursor.place);
  mark.style.left = `${axes.area.left - box.left + x}px`;
  mark.style.top = `${axes.area.top - box.top + y}px`;
}

document.addEventListener("pointermove", (event) => {
  const place = placeUnder(event);
  if (!place) return;
  readOut(place);
  if (drag.index === null) return;
  showAt(drag.index, place);
  if (performance.now() - drag.sent < PAUSE || isSending()) return;
  drag.sent = performance.now();
  move(drag.index, place);
});
document.addEventListener(
  "pointerdown",
  (event) => {
    const place = event.button === 0 ? placeUnder(event) : null;
    if (!place || tool() === "look") return;
    event.preventDefault();
    event.stopPropagation();
    event.target.setPointerCapture(event.pointerId);
    cursor.place = null;
    if (tool() === "add") add(place);
    if (tool() === "erase") erase(place);
    if (tool() === "move") pickUp(place);
  },
  { capture: true },
);
document.addEventListener("pointerup", (event) => {
  if (drag.index === null) return;
  const place = placeUnder(event);
  if (!place) return letGo();
  showAt(drag.index, place);
  putDown(place);
});
document.addEventListener("pointercancel", () => drag.index !== null && letGo());
// The prediction at the place that was read out last, after the newer output is drawn.
for (const event of ["frame", "figures"])
  listen(event, () => requestAnimationFrame(() => readOut(cursor.read)));
document.addEventListener("htmx:after:swap", () =>
  requestAnimationFrame(() => readOut(cursor.read)),
);

document.addEventListener("click", ({ target }) => {
  const example = target.closest("[data-example]");
  if (example) byId("own-data-text").value = example.dataset.example;
  const button = target.closest("[data-draw]");
  if (!button) return;
  // The server reads what a person typed.
  const { x1, x2 } = byId("draw").elements;
  if (button.dataset.draw === "add") add({ x: x1.value, y: x2.value });
  else send({ how: "erase", at: `${x1.value};${x2.value}` });
});

document.addEventListener("input", ({ target }) => {
  if (target.matches(".slice input")) target.nextElementSibling.textContent = short(+target.value);
});

// Fields in which Ctrl+Z undoes what was typed.
const TYPED = "textarea, input:not([type=radio], [type=checkbox], [type=range])";
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

// Move a coordinate by a fiftieth of its axis, and stop at the ends.
const along = ([start, end], value, steps) =>
  clamp(value + (steps * (end - start)) / 50, start, end);

function moveCursor([dx, dy], { xRange, yRange }) {
  const middle = ([start, end]) => (start + end) / 2;
  const { x, y } = cursor.place ?? { x: middle(xRange), y: middle(yRange) };
  cursor.place = { x: along(xRange, x, dx), y: along(yRange, y, dy) };
  showCrosshair(true);
  if (drag.index !== null) showAt(drag.index, cursor.place);
  readOut(cursor.place, true);
}

function useTool(place) {
  if (tool() === "add") add(place);
  if (tool() === "erase") erase(place);
  if (tool() !== "move") return;
  if (drag.index === null) pickUp(place);
  else putDown(place);
  readOut(place, true);
}

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if ((event.ctrlKey || event.metaKey) && key === "z" && !target.matches(TYPED)) {
    byId("undo")?.click();
    event.preventDefault();
  }
  const axes = target.id === "plane" && plotly.axesOf(plane());
  if (!axes) return;
  if (key in STEPS) moveCursor(STEPS[key], axes);
  else if (key === "Enter" && cursor.place) useTool(cursor.place);
  else if (key === "Escape" && drag.index !== null) letGo();
  else return;
  event.preventDefault();
});
document.addEventListener("focusout", ({ target }) => {
  if (target.id === "plane") showCrosshair(false);
});
