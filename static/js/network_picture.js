// Paints what every neuron computes over the plane onto the canvas under the network's SVG, and reads
// out and selects the weight or neuron under the pointer. All maps come as one array, 4 bits a dot.
// The SVG says where each goes: <g class="neuron" data-map="index"><rect class="map">.

import { byId, listen } from "./contract.js";

const LEVELS = 15;
const dotsCanvas = document.createElement("canvas"); // all maps below each other, a pixel a dot
const picture = {
  maps: null, // the newest maps
  source: "", // the maps that came with the page, as text
  colours: null, // the colour of every level as a pixel; null after the theme has changed
  squares: null, // where every neuron's map goes; null after a swap or a change of size
  enlarged: null, // the index of the map that is shown large
  pointed: null, // the index of the weight that is read out
};

// A gradient drawn with a pixel a level is the scale, whatever notation the theme writes its colours in.
function levelColours() {
  const context = Object.assign(document.createElement("canvas"), {
    width: LEVELS,
    height: 1,
  }).getContext("2d");
  const style = getComputedStyle(document.documentElement);
  const gradient = context.createLinearGradient(0.5, 0, LEVELS - 0.5, 0);
  for (const [i, name] of ["--low", "--middle", "--high"].entries())
    gradient.addColorStop(i / 2, style.getPropertyValue(name).trim());
  context.fillStyle = gradient;
  context.fillRect(0, 0, LEVELS, 1);
  return new Uint32Array(context.getImageData(0, 0, LEVELS, 1).data.buffer);
}

// Setting a size clears the canvas, so it is set only where it differs.
function resize(canvas, { width, height }) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
}

// Paint 4-bit levels as coloured pixels.
function unpack({ shape, bdata }) {
  const [neurons, rows, columns] = shape;
  const packed = atob(bdata);
  const image = new ImageData(columns, neurons * rows);
  const dots = new Uint32Array(image.data.buffer);
  picture.colours ??= levelColours();
  for (let i = 0; i < packed.length; i++) {
    const pair = packed.charCodeAt(i);
    dots[2 * i] = picture.colours[pair & 15];
    dots[2 * i + 1] = picture.colours[pair >> 4];
  }
  resize(dotsCanvas, image);
  dotsCanvas.getContext("2d").putImageData(image, 0, 0);
}

// Fit the canvas to its container, one pixel to every pixel of the screen, and measure where every
// neuron's map goes.
function measureSquares(canvas) {
  const ratio = devicePixelRatio;
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const size = { width: Math.round(width * ratio), height: Math.round(height * ratio) };
  resize(canvas, size);
  return [...document.querySelectorAll("#picture .neuron[data-map]")].map((neuron) => {
    const square = neuron.querySelector("rect.map").getBoundingClientRect();
    const [x, y] = [
      Math.round((square.left - left) * ratio),
      Math.round((square.top - top) * ratio),
    ];
    const [right, bottom] = [
      Math.round((square.right - left) * ratio),
      Math.round((square.bottom - top) * ratio),
    ];
    return { map: +neuron.dataset.map, x, y, width: right - x, height: bottom - y };
  });
}

// Draw one map. Rows of a map go up, those of a canvas down.
function drawMap(context, map, { x, y, width, height }) {
  const [, rows, columns] = picture.maps.shape;
  context.setTransform(1, 0, 0, -1, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(dotsCanvas, 0, map * rows, columns, rows, x, -y - height, width, height);
}

function repaint() {
  const canvas = byId("mosaic");
  if (!canvas || !picture.maps) return;
  const context = canvas.getContext("2d");
  if (!picture.squares) {
    picture.squares = measureSquares(canvas);
    context.resetTransform();
    context.clearRect(0, 0, canvas.width, canvas.height);
  }
  const [count] = picture.maps.shape;
  for (const square of picture.squares)
    if (square.map < count) drawMap(context, square.map, square);
  paintEnlarged();
}

/** Paint newer maps of all neurons. */
export function paintMaps(maps) {
  picture.maps = maps;
  unpack(maps);
  repaint();
}

function paintEnlarged() {
  const figure = byId("large-map");
  if (!figure) return;
  const { enlarged, maps } = picture;
  figure.hidden = enlarged === null || enlarged >= maps.shape[0];
  if (figure.hidden) return;
  const canvas = figure.querySelector("canvas");
  const { width, height } = canvas;
  drawMap(canvas.getContext("2d"), enlarged, { x: 0, y: 0, width, height });
}

// Show the map of a neuron large, beside it, on the side where there is room.
function enlarge(neuron) {
  const figure = byId("large-map");
  if (!figure || !picture.maps) return;
  picture.enlarged = +neuron.dataset.map;
  figure.querySelector("figcaption").textContent = neuron.dataset.title ?? "";
  paintEnlarged();
  const square = neuron.querySelector("rect.map").getBoundingClientRect();
  const { width, height } = figure.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const right = square.right + 8;
  const left = right + width < clientWidth ? right : Math.max(0, square.left - 8 - width);
  const top = (square.top + square.bottom - height) / 2;
  figure.style.left = `${left}px`;
  figure.style.top = `${Math.max(0, Math.min(top, clientHeight - height))}px`;
}

function hideEnlarged() {
  if (picture.enlarged === null) return;
  picture.enlarged = null;
  paintEnlarged();
}

const sizes = new ResizeObserver(() => {
  picture.squares = null;
  repaint();
});

// Start again with the picture on the page: it may be another network, with maps of its own.
function start() {
  const element = byId("picture");
  sizes.disconnect();
  if (!element) return;
  sizes.observe(element);
  picture.squares = null;
  const source = byId("maps")?.textContent ?? "";
  if (source && source !== picture.source) paintMaps(JSON.parse(source));
  else repaint();
  picture.source = source;
  readOutWeight();
  const { enlarged } = picture;
  const neuron = enlarged !== null && element.querySelector(`.neuron[data-map="${enlarged}"]`);
  if (neuron) enlarge(neuron);
  else hideEnlarged();
}

const neuronOf = (target) =>
  target instanceof Element ? target.closest("#picture .neuron[data-map]") : null;

for (const [enter, leave] of [
  ["pointerover", "pointerout"],
  ["focusin", "focusout"],
]) {
  document.addEventListener(enter, ({ target, relatedTarget }) => {
    const neuron = neuronOf(target);
    if (neuron && neuron !== neuronOf(relatedTarget)) enlarge(neuron);
  });
  document.addEventListener(leave, ({ target, relatedTarget }) => {
    const neuron = neuronOf(target);
    if (neuron && neuron !== neuronOf(relatedTarget)) hideEnlarged();
  });
}

const DISTANCES = [0, 2, 4, 6]; // pixels from the pointer, in which a line is searched
const DIRECTIONS = [
  [0, 0],
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
];

// The weight under the pointer. Lines are thin, so the nearest one within reach counts.
function lineAt({ clientX, clientY, target }) {
  const isInPicture = target instanceof Element && target.closest("#picture");
  if (!isInPicture || neuronOf(target)) return null;
  for (const distance of DISTANCES)
    for (const [dx, dy] of DIRECTIONS) {
      const [x, y] = [clientX + dx * distance, clientY + dy * distance];
      const elements = document.elementsFromPoint(x, y);
      const line = elements.find((element) => element.matches("#lines path"));
      if (line) return line;
    }
  return null;
}

document.addEventListener("pointermove", (event) => {
  const element = byId("picture");
  const line = lineAt(event);
  element?.classList.toggle("over-line", Boolean(line));
  element?.querySelector(".hovered")?.classList.remove("hovered");
  line?.classList.add("hovered");
  if (!line) return;
  picture.pointed = line.dataset.weight;
  readOutWeight();
});

// The name and the present value of the weight that a person pointed at last.
function readOutWeight() {
  if (picture.pointed === null) return;
  const line = document.querySelector(`#lines [data-weight="${picture.pointed}"]`);
  const output = byId("weight-readout");
  if (output) output.textContent = line?.querySelector("title").textContent ?? output.dataset.hint;
  if (!line) picture.pointed = null;
}

// A click on a weight or a neuron presses the button that selects it for the form below.
function select(element) {
  const index = element?.dataset.weight;
  const button = byId("select-weight");
  if (index === undefined || !button) return; // a follower reads
  byId("selected-weight").value = index;
  button.click();
}
document.addEventListener("click", (event) => select(neuronOf(event.target) ?? lineAt(event)));

// A click on a folded layer or neuron of the graph presses the button that opens it.
listen("nodeclick", ({ detail }) => {
  const title = /^l\d+$/.test(detail) ? `layer ${detail.slice(1)}` : detail;
  const buttons = [...document.querySelectorAll("[data-level]")];
  buttons.find((button) => button.dataset.level === title)?.click();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") hideEnlarged();
  if (event.key !== "Enter" && event.key !== " ") return;
  if (!neuronOf(event.target)) return;
  event.preventDefault();
  select(neuronOf(event.target));
});
addEventListener("scroll", hideEnlarged, { capture: true, passive: true });
listen("themechange", () => {
  picture.colours = null;
  if (picture.maps) paintMaps(picture.maps);
});
document.addEventListener("htmx:after:swap", () => requestAnimationFrame(start));
start();
