// What a laser points at, named so that it is found on another screen, where the page is laid out
// differently: a node or an edge of a graph, data coordinates of a plot, a neuron or a weight of the
// network, a letter of a text. A share of a box names a place only where the box scales as a whole.
//
// A place is {id, part, x, y}: an element with an id, what is meant in it, and two numbers, whose
// meaning depends on the part.

import { byId, TRACES } from "./contract.js";
import * as plotly from "./plotly_private.js";

const NODE = { width: 66, height: 34, disc: 98 }; // half a box, and how far the disc reaches left of it
const NEAR = 8; // pixels around a line in which it is meant
const MAX_LEAVES = 400; // elements among which the nearest is searched

const within = (value, start, size) => Math.max(0, Math.min(1, (value - start) / size));
const contains = ({ left, right, top, bottom }, { x, y }) =>
  x >= left && x <= right && y >= top && y <= bottom;
const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);

/** The place under the pointer, or null where there is nothing to point at. */
export function placeAt(pointer) {
  const under = document.elementFromPoint(pointer.x, pointer.y);
  if (!under) return null;
  const plot = under.closest(".plot[id]");
  if (plot) return placeInPlot(plot, pointer) ?? shareOf(plot, "share", pointer, plot.id);
  if (under.closest("#picture")) return placeInPicture(under, pointer);
  return placeInText(under, pointer);
}

/** Where a place is in this window, or null where it does not show. */
export function inWindow({ id, part, x, y }) {
  const element = id && document.getElementById(id);
  if (!element?.checkVisibility()) return null;
  const [kind, name] = split(part);
  const point = FINDERS[kind]?.(element, name, { x, y }) ?? null;
  if (!point) return null;
  const clip = element.closest(".scroll, .plot, [role=tabpanel]")?.getBoundingClientRect();
  return clip && !contains(clip, point) ? null : point;
}

const FINDERS = {
  share: (element, _, at) => atShare(element, at),
  data: (element, _, at) => fromData(element, at),
  node: (element, name, at) => {
    const node = nodesOf(element).find(({ data }) => data === name);
    return node && fromData(element, { x: node.x + at.x, y: node.y + at.y });
  },
  edge: (element, index, at) => {
    const line = linesOf(element)[+index];
    return line && fromData(element, along(line, at.x));
  },
  neuron: (element, name, at) => {
    const square = element.querySelector(`.neuron[data-map="${CSS.escape(name)}"] .map`);
    return square && atShare(square, at);
  },
  weight: (element, name, at) => {
    const line = element.querySelector(`#lines path[data-weight="${CSS.escape(name)}"]`);
    return line && toWindow(line, line.getPointAtLength(at.x * line.getTotalLength()));
  },
  drawing: (element, _, at) => {
    const drawing = element.querySelector("svg");
    return drawing && toWindow(drawing, at);
  },
  letter: (element, name, at) => letterAt(follow(element, name), at.x, at.y),
  part: (element, name, at) => {
    const part = follow(element, name);
    return part && atShare(part, at);
  },
};

function split(part) {
  const end = part.indexOf(":");
  return end < 0 ? [part, ""] : [part.slice(0, end), part.slice(end + 1)];
}

function shareOf(element, part, pointer, id) {
  const box = element.getBoundingClientRect();
  const x = within(pointer.x, box.left, box.width);
  return { id, part, x, y: within(pointer.y, box.top, box.height) };
}

function atShare(element, { x, y }) {
  const box = element.getBoundingClientRect();
  return box.width ? { x: box.left + x * box.width, y: box.top + y * box.height } : null;
}

// Plots: nodes and edges of the graph, else data coordinates.

const traceOf = (plot, name) => plot.data?.find((trace) => trace.name === name);

function nodesOf(plot) {
  const { customdata = [], x, y } = traceOf(plot, TRACES.nodes) ?? {};
  return customdata.map((data, i) => ({ data, x: x[i], y: y[i] }));
}

// The edges, each as a list of points.
function linesOf(plot) {
  const { x = [], y } = traceOf(plot, TRACES.edges) ?? {};
  const lines = [[]];
  for (const [i, value] of x.entries())
    if (value === null) lines.push([]);
    else lines.at(-1).push({ x: value, y: y[i] });
  return lines.filter((line) => line.length > 1);
}

function fromData(plot, at) {
  const axes = plotly.axesOf(plot);
  const { x, y } = axes?.toPixels(at) ?? {};
  return axes ? { x: axes.area.left + x, y: axes.area.top + y } : null;
}

function placeInPlot(plot, pointer) {
  const axes = plotly.axesOf(plot);
  if (!axes) return null;
  const at = axes.toData(pointer.x, pointer.y);
  const node = nodesOf(plot).find(({ data, x, y }) => {
    const [right, up] = [at.x - x, at.y - y];
    return data && right < NODE.width && right > -NODE.disc && Math.abs(up) < NODE.height;
  });
  if (node) return { id: plot.id, part: `node:${node.data}`, x: at.x - node.x, y: at.y - node.y };
  return edgeAt(plot, pointer, axes) ?? { id: plot.id, part: "data", ...at };
}

// The edge under the pointer, and where on it, as a share of its segments.
function edgeAt(plot, pointer, { area, toPixels }) {
  const to = { x: pointer.x - area.left, y: pointer.y - area.top };
  let nearest = { far: NEAR };
  for (const [index, line] of linesOf(plot).entries()) {
    const points = line.map(toPixels);
    for (let i = 0; i < points.length - 1; i++) {
      const [a, b] = [points[i], points[i + 1]];
      const [right, down] = [b.x - a.x, b.y - a.y];
      const share = ((to.x - a.x) * right + (to.y - a.y) * down) / (right ** 2 + down ** 2 || 1);
      const part = Math.max(0, Math.min(1, share));
      const far = distance({ x: a.x + part * right, y: a.y + part * down }, to);
      if (far < nearest.far) nearest = { far, index, share: (i + part) / (points.length - 1) };
    }
  }
  if (nearest.index === undefined) return null;
  return { id: plot.id, part: `edge:${nearest.index}`, x: nearest.share, y: 0 };
}

// The point of a line at a share of its segments.
function along(line, share) {
  const at = share * (line.length - 1);
  const i = Math.min(Math.floor(at), line.length - 2);
  const [a, b] = [line[i], line[i + 1]];
  return { x: a.x + (at - i) * (b.x - a.x), y: a.y + (at - i) * (b.y - a.y) };
}

// The picture of the network: neurons and weights, else a place of the drawing, which scales.

function placeInPicture(under, pointer) {
  const { id } = byId("picture");
  const neuron = under.closest(".neuron[data-map]");
  if (neuron)
    return shareOf(neuron.querySelector(".map"), `neuron:${neuron.dataset.map}`, pointer, id);
  const line = under.closest("#lines path");
  if (line) {
    const share = nearestShare(line, pointer);
    return { id, part: `weight:${line.dataset.weight}`, x: share, y: 0 };
  }
  const drawing = byId("neurons");
  const { x, y } = new DOMPoint(pointer.x, pointer.y).matrixTransform(
    drawing.getScreenCTM().inverse(),
  );
  return { id, part: "drawing", x, y };
}

const toWindow = (drawing, { x, y }) => new DOMPoint(x, y).matrixTransform(drawing.getScreenCTM());

function nearestShare(line, pointer) {
  const length = line.getTotalLength();
  let nearest = { far: Infinity, share: 0 };
  for (let i = 0; i <= 100; i++) {
    const far = distance(toWindow(line, line.getPointAtLength((i / 100) * length)), pointer);
    if (far < nearest.far) nearest = { far, share: i / 100 };
  }
  return nearest.share;
}

// Everything else is text and controls: the letter under the pointer, or the nearest small part.

function placeInText(under, pointer) {
  const part = leafNear(under, pointer);
  const root = part?.closest("[id]");
  if (!root) return null;
  const path = pathTo(root, part);
  const letter = letterUnder(part, pointer);
  if (letter) return { id: root.id, part: `letter:${path}`, ...letter };
  return shareOf(part, `part:${path}`, pointer, root.id);
}

// The element itself where it has no parts, else the nearest of its parts that have none.
function leafNear(element, pointer) {
  if (!element.firstElementChild) return element;
  const leaves = [...element.querySelectorAll(":not(:has(*))")].slice(0, MAX_LEAVES);
  let nearest = { far: Infinity, leaf: null };
  for (const leaf of leaves) {
    const { left, right, top, bottom, width, height } = leaf.getBoundingClientRect();
    if (width < 2 || height < 2) continue;
    const x = Math.max(left, Math.min(right, pointer.x));
    const y = Math.max(top, Math.min(bottom, pointer.y));
    const far = distance({ x, y }, pointer);
    if (far < nearest.far) nearest = { far, leaf };
  }
  return nearest.leaf;
}

// The way from an element down to a part of it: the name of every element on it, and its number
// among those of the same name.
function pathTo(root, part) {
  const steps = [];
  for (let element = part; element !== root; element = element.parentElement) {
    const { localName, parentElement } = element;
    const same = [...parentElement.children].filter((item) => item.localName === localName);
    steps.unshift(`${localName}.${same.indexOf(element)}`);
  }
  return steps.join("/");
}

// The part at the end of a way, or the last element of the way that is there.
function follow(root, path) {
  let element = root;
  for (const step of path ? path.split("/") : []) {
    const [name, number] = step.split(".");
    const same = [...element.children].filter((item) => item.localName === name);
    if (!same[+number]?.checkVisibility()) break;
    element = same[+number];
  }
  return element;
}

// The letter of a part's text under the pointer: the text's number among the nodes of the part, and
// the letter's in it.
function letterUnder(part, { x, y }) {
  const caret = document.caretPositionFromPoint?.(x, y);
  if (!caret || caret.offsetNode.nodeType !== Node.TEXT_NODE) return null;
  if (caret.offsetNode.parentElement !== part) return null;
  const letter = Math.min(caret.offset, caret.offsetNode.length - 1);
  return { x: [...part.childNodes].indexOf(caret.offsetNode), y: Math.max(0, letter) };
}

function letterAt(part, number, letter) {
  const text = part?.childNodes[number];
  if (text?.nodeType !== Node.TEXT_NODE || letter >= text.length)
    return part && atShare(part, { x: 0.5, y: 0.5 });
  const range = document.createRange();
  range.setStart(text, letter);
  range.setEnd(text, letter + 1);
  return atShare(range, { x: 0.5, y: 0.5 });
}
