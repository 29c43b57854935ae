// Reads out the prediction under the cursor, and turns what is drawn on the plane into edits that the page's form sends.
// The tool is the one that is chosen under Data; without that tab the cursor only reads.

const REACH = 14; // pixels around a point in which it is meant
const PAUSE = 70; // milliseconds between the moves of a dragged point
const SETTLED = 400; // milliseconds in which the server's figure comes after the last edit
let held = null; // the place among the samples of the point that is dragged
let moved = false; // whether a move of this drag was sent
let sent = 0; // when its last move was sent
let at = null; // where the cursor is on the plane, for the keys
let last = null; // what was read out last
let waiting = []; // edits that wait for the one that is under way
let busy = false; // whether one is
let dragged = null; // the point that is shown where it is dragged to, before the server says so

const plane = () => document.getElementById("surface");
const tool = () => document.querySelector("#draw [name=tool]:checked")?.value ?? "look";
const shown = (value) => (+value.toPrecision(3)).toString().replace("-", "−");
const slices = () => [...document.querySelectorAll(".slice input")].map(({ value }) => value);

function axes(element) {
  const { xaxis, yaxis } = element._fullLayout ?? {};
  return xaxis?.p2d && { xaxis, yaxis, area: element.querySelector(".nsewdrag").getBoundingClientRect() };
}

function under({ clientX, clientY }) {
  const found = plane() && axes(plane());
  if (!found) return null;
  const { xaxis, yaxis, area } = found;
  if (clientX < area.left || clientX > area.right || clientY < area.top || clientY > area.bottom) return null;
  return { x: xaxis.p2d(clientX - area.left), y: yaxis.p2d(clientY - area.top) };
}

// The sample nearest to a place, and how far it is in pixels.
function nearest({ x, y }) {
  const { xaxis, yaxis } = axes(plane());
  let best = { distance: Infinity };
  for (const { customdata, x: xs, y: ys } of plane()._fullData)
    for (let i = 0; customdata && i < customdata.length; i++) {
      const distance = Math.hypot(xaxis.d2p(xs[i]) - xaxis.d2p(x), yaxis.d2p(ys[i]) - yaxis.d2p(y));
      if (distance < best.distance) best = { distance, index: customdata[i][0] };
    }
  return best;
}

// What the network answers there, by the newest frame.
function predicted({ x, y }) {
  const [trace] = plane().data;
  const { low, high, open, discrete, classes, outputs } = plane().layout.meta;
  const [rows, columns] = trace.z.shape.split(",").map(Number);
  const place = (value, first, step, count) => Math.max(0, Math.min(count - 1, Math.round((value - first) / step)));
  const dot = place(y, trace.y0, trace.dy, rows) * columns + place(x, trace.x0, trace.dx, columns);
  const byte = (array, index) => atob(array.bdata).charCodeAt(index);
  const top = byte(trace.z, dot);
  const level = outputs ? byte(outputs, top * rows * columns + dot) : top;
  const winner = classes[outputs ? top : +(level > 127)];
  if (discrete) return winner;
  const beyond = !open ? "" : level === 255 ? "≥ " : level === 0 ? "≤ " : "";
  const output = `output ${beyond}${shown(low + (level / 255) * (high - low))}`;
  return winner ? `${output}, ${winner}` : output;
}

function readOut(place) {
  const said = document.getElementById("cursor");
  if (!said || !place || !plane()?.data) return;
  last = place;
  const carried = held !== null && at ? "; carrying a point, Enter puts it down" : "";
  said.textContent = `x1 ${shown(place.x)}, x2 ${shown(place.y)}: ${predicted(place)}${carried}`;
}

// One edit after the other, as the first may make the run that the next is about; of a drag only the newest place waits.
function edit(values) {
  const before = waiting.at(-1);
  if (values.how === "move" && before?.how === "move" && before.index === values.index) before.at = values.at;
  else waiting.push(values);
  send();
}

function send() {
  const form = document.getElementById("edit");
  if (busy || !form) return;
  const values = waiting.shift();
  if (!values) return setTimeout(() => busy || held !== null || (dragged = null), SETTLED);
  for (const name of ["how", "at", "index", "target", "testing", "dragged"]) {
    const field = form.elements[name];
    field.disabled = values[name] === undefined;
    field.value = values[name] ?? "";
  }
  busy = true;
  form.requestSubmit();
}

document.addEventListener("htmx:finally:request", ({ detail }) => {
  if (detail.ctx.sourceElement.id !== "edit") return;
  busy = false;
  if (!(detail.ctx.response?.status < 400)) drop();
  setTimeout(send);
});

// The mark of a sample in the plot, and where its other inputs are.
function marked(index) {
  for (const group of plane().querySelectorAll(".scatterlayer .trace")) {
    const place = group.__data__[0].trace.customdata?.findIndex(([each]) => each === index) ?? -1;
    if (place < 0) continue;
    const mark = [...group.querySelectorAll("path.point")].find((each) => each.__data__.i === place);
    return { mark, beyond: group.__data__[0].trace.customdata[place].slice(1, 1 + slices().length) };
  }
  return {};
}

// Shows a point where it is dragged to, whatever older place a figure brings meanwhile.
function follow(index, place) {
  const begun = dragged;
  dragged = { index, place, mark: begun?.index === index ? begun.mark : null };
  if (!begun) requestAnimationFrame(keepUp);
}

function keepUp() {
  if (!dragged) return;
  if (!dragged.mark?.isConnected) dragged.mark = marked(dragged.index).mark;
  const { xaxis, yaxis } = axes(plane());
  dragged.mark?.setAttribute("transform", `translate(${xaxis.d2p(dragged.place.x)},${yaxis.d2p(dragged.place.y)})`);
  requestAnimationFrame(keepUp);
}

// Leaves the point where the server has it.
function drop() {
  held = null;
  waiting = [];
  if (dragged) Plotly.redraw(plane());
  dragged = null;
}

function add({ x, y }) {
  const { target, testing } = document.getElementById("draw").elements;
  edit({ how: "add", at: [x, y, ...slices()].join(), target: target.value, testing: testing.checked ? "1" : undefined });
}

const erase = (place, reach = REACH) => {
  const { index, distance } = nearest(place);
  if (distance < reach) edit({ how: "erase", index });
};

function move(index, { x, y }) {
  edit({ how: "move", index, at: [x, y, ...marked(index).beyond].join(), dragged: moved ? "1" : undefined });
  moved = true;
}

function crosshair(show) {
  const mark = document.getElementById("crosshair");
  const found = show && plane() && axes(plane());
  mark.hidden = !found;
  if (!found) return;
  const box = mark.parentElement.getBoundingClientRect();
  mark.style.left = `${found.area.left - box.left + found.xaxis.d2p(at.x)}px`;
  mark.style.top = `${found.area.top - box.top + found.yaxis.d2p(at.y)}px`;
}

document.addEventListener("pointermove", (event) => {
  const place = event.target.closest?.("#plane") ? under(event) : null;
  if (!place) return;
  readOut(place);
  if (held === null) return;
  follow(held, place);
  if (performance.now() - sent < PAUSE) return;
  sent = performance.now();
  move(held, place);
});
document.addEventListener(
  "pointerdown",
  (event) => {
    const place = event.button === 0 && event.target.closest?.("#plane") ? under(event) : null;
    if (!place || tool() === "look") return;
    event.preventDefault();
    event.stopPropagation();
    event.target.setPointerCapture(event.pointerId);
    at = null;
    if (tool() === "add") add(place);
    if (tool() === "erase") erase(place);
    if (tool() === "move") {
      const { index, distance } = nearest(place);
      held = distance < REACH ? index : null;
      moved = false;
    }
  },
  { capture: true },
);
document.addEventListener("pointerup", (event) => {
  if (held === null) return;
  const place = under(event);
  if (!place) return drop();
  follow(held, place);
  move(held, place);
  held = null;
});
document.addEventListener("pointercancel", () => held !== null && drop());
document.addEventListener("figures", () => {
  if (last && document.querySelector("#plane:hover")) requestAnimationFrame(() => readOut(last));
});

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-draw]");
  const example = target.closest("[data-example]");
  if (example) document.getElementById("bring-text").value = example.dataset.example;
  if (!button) return;
  const { x1, x2 } = document.getElementById("draw").elements;
  const place = { x: +x1.value, y: +x2.value };
  if (button.dataset.draw === "add") add(place);
  else erase(place, Infinity);
});

const TYPED = "textarea, input:not([type=radio], [type=checkbox], [type=range])"; // which undo what was typed
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "z" && !event.target.matches(TYPED)) {
    document.getElementById("undo")?.click();
    event.preventDefault();
  }
  if (event.target.id !== "plane" || !plane()?._fullLayout) return;
  const { xaxis, yaxis } = axes(plane());
  const step = STEPS[event.key];
  if (step) {
    at ??= { x: (xaxis.range[0] + xaxis.range[1]) / 2, y: (yaxis.range[0] + yaxis.range[1]) / 2 };
    const along = (axis, value, by) => Math.max(axis.range[0], Math.min(axis.range[1], value + (by * (axis.range[1] - axis.range[0])) / 50));
    at = { x: along(xaxis, at.x, step[0]), y: along(yaxis, at.y, step[1]) };
    crosshair(true);
    if (held !== null) follow(held, at);
    readOut(at);
  } else if (event.key === "Enter" && at) {
    if (tool() === "add") add(at);
    if (tool() === "erase") erase(at);
    if (tool() === "move") {
      moved = false;
      if (held === null) held = nearest(at).distance < REACH ? nearest(at).index : null;
      else {
        move(held, at);
        held = null;
      }
      readOut(at);
    }
  } else if (event.key === "Escape" && held !== null) drop();
  else return;
  event.preventDefault();
});
document.addEventListener("focusout", ({ target }) => {
  if (target.id === "plane") crosshair(false);
});
