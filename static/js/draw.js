// Reads out the prediction under the cursor, and turns what is drawn on the plane into edits that the page's form sends.
// The tool is the one that is chosen under Data; without that tab the cursor only reads.

const REACH = 14; // pixels around a point in which it is meant
const PAUSE = 70; // milliseconds between the moves of a dragged point
let held = null; // the place among the samples of the point that is dragged
let moved = false; // whether a move of this drag was sent
let sent = 0; // when its last move was sent
let at = null; // where the cursor is on the plane, for the keys

const plane = () => document.getElementById("surface");
const tool = () => document.querySelector("#draw [name=tool]:checked")?.value ?? "look";
const shown = (value) => (+value.toPrecision(3)).toString().replace("-", "−");

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

// What the heatmap shows there, as a number or a class.
function predicted({ x, y }) {
  const [trace] = plane().data;
  const { low, high, classes } = plane().layout.meta;
  const [rows, columns] = trace.z.shape.split(",").map(Number);
  const place = (value, first, step, count) => Math.max(0, Math.min(count - 1, Math.round((value - first) / step)));
  const [column, row] = [place(x, trace.x0, trace.dx, columns), place(y, trace.y0, trace.dy, rows)];
  const level = atob(trace.z.bdata).charCodeAt(row * columns + column);
  if (classes.length > 2 || trace.zmax < 200) return classes[level];
  const output = low + (level / 255) * (high - low);
  return classes.length ? `output ${shown(output)}, ${classes[+(output > (low + high) / 2)]}` : `output ${shown(output)}`;
}

function readOut(place) {
  const said = document.getElementById("cursor");
  if (said && place && plane()?.data) said.textContent = `x1 ${shown(place.x)}, x2 ${shown(place.y)}: ${predicted(place)}`;
}

function edit(values) {
  const form = document.getElementById("edit");
  if (!form) return;
  for (const name of ["how", "at", "index", "target", "testing", "dragged"]) {
    const field = form.elements[name];
    field.disabled = values[name] === undefined;
    field.value = values[name] ?? "";
  }
  form.requestSubmit();
}

function add({ x, y }) {
  const { target, testing } = document.getElementById("draw").elements;
  edit({ how: "add", at: `${x},${y}`, target: target.value, testing: testing.checked ? "1" : undefined });
}

const erase = (place, reach = REACH) => {
  const { index, distance } = nearest(place);
  if (distance < reach) edit({ how: "erase", index });
};

function move(index, { x, y }) {
  edit({ how: "move", index, at: `${x},${y}`, dragged: moved ? "1" : undefined });
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
  if (held === null || performance.now() - sent < PAUSE) return;
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
  if (place) move(held, place);
  held = null;
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

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "z" && !event.target.matches("input, textarea, select")) {
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
    }
  } else return;
  event.preventDefault();
});
document.addEventListener("focusout", ({ target }) => {
  if (target.id === "plane") crosshair(false);
});
