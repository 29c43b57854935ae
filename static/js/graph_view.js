// Which part of a graph is in view, and how much of it is written: texts stand only where they can
// be read. A view is two ranges, as Plotly has them. Every graph starts with a new view.

import { announce, TRACES } from "./contract.js";

const views = new WeakMap(); // plot element → { graph, area, focus, moved, x, y }
const FULL = 0.9; // the zoom from which every text is written, as a share of the best
const LABELS = 0.42; // the zoom from which labels are written
const MAX_TEXTS = 300; // texts drawn at once

const around = (centre, size) => [centre - size / 2, centre + size / 2];
const length = ([start, end]) => end - start;
const middle = ([start, end]) => (start + end) / 2;
const inside = (value, [start, end], room = 0) => value > start - room && value < end + room;
const best = ({ font }) => font.size / 12;

// A graph opens at one unit a pixel where it fits, else as small as one can still read, at its left
// side. A high graph opens at the middle of what is there, since its corner is empty.
function openingView(element, { data, layout }) {
  const { width, height } = layout.meta;
  const across = element.clientWidth / width;
  const down = element.clientHeight / height;
  const view = viewAt(
    element,
    layout,
    Math.max(FULL * best(layout), Math.min(best(layout), across, down)),
  );
  if (height <= length(view.y)) return view;
  const boxes = data.find(({ name }) => name === TRACES.nodes);
  const east = Math.max(view.x[1], Math.min(...boxes.x));
  const beside = [...boxes.y].filter((_, i) => boxes.x[i] <= east);
  return { ...view, y: around(middle([Math.min(...beside), Math.max(...beside)]), length(view.y)) };
}

// The view that shows all of the graph.
function wholeView(element, layout) {
  const { width, height } = layout.meta;
  return viewAt(
    element,
    layout,
    Math.min(best(layout), element.clientWidth / width, element.clientHeight / height),
  );
}

function viewAt(element, { meta }, zoom) {
  const across = element.clientWidth / zoom;
  const down = element.clientHeight / zoom;
  const west = meta.left - Math.max(0, (across - meta.width) / 2);
  const north = meta.top + Math.max(0, (down - meta.height) / 2);
  return { x: [west, west + across], y: [north - down, north] };
}

/** The ranges to draw: where the reader left the view, moved to the current step where it is new. */
export function rangesOf(element, figure) {
  const { layout } = figure;
  const { meta } = layout;
  const before = views.get(element);
  const graph = [meta.graph, layout.font.size, element.clientWidth, element.clientHeight].join();
  const area = meta.width * meta.height;
  const { focus } = meta;
  const same = before?.graph === graph && area < 2 * before.area && before.area < 2 * area;
  const stays = same && before.moved && showsAnything(before, meta);
  const view = {
    ...(stays ? before : openingView(element, figure)),
    graph,
    area,
    moved: stays,
    focus: JSON.stringify(focus),
  };
  if (focus && !(stays && before.focus === view.focus))
    for (const axis of ["x", "y"]) view[axis] = rangeWith(view[axis], focus[axis]);
  views.set(element, view);
  return view;
}

// The range, moved no more than needed to show the focus, or its middle where it is too long.
function rangeWith(range, focus) {
  if (length(focus) > length(range)) return around(middle(focus), length(range));
  const by = Math.min(0, focus[0] - range[0]) + Math.max(0, focus[1] - range[1]);
  return [range[0] + by, range[1] + by];
}

function showsAnything({ x, y }, { left, top, width, height }) {
  return x[0] < left + width && x[1] > left && y[0] < top && y[1] > top - height;
}

/** The traces to draw in this view: texts and discs near it, as large as the zoom allows. */
export function readable(element, { data, layout }, { x, y }) {
  const zoom = element.clientWidth / length(x) / best(layout) + 1e-6;
  const thin = Math.max(0.3, zoom / FULL);
  return data.map((trace) => {
    if (!trace.text && zoom < FULL)
      return { ...trace, line: { ...trace.line, width: trace.line.width * thin } };
    if (!trace.text || (trace.x.length <= 120 && zoom >= FULL)) return trace;
    const [wide, high] = [length(x) / 2, length(y) / 2];
    let indices = [...trace.x.keys()].filter(
      (i) => inside(trace.x[i], x, wide) && inside(trace.y[i], y, high),
    );
    if (indices.length > MAX_TEXTS)
      indices = indices.filter((i) => inside(trace.x[i], x) && inside(trace.y[i], y));
    if (indices.length > MAX_TEXTS) indices = [];
    const size = trace.marker.size * Math.min(1, zoom / FULL);
    const near = { ...trace, marker: { ...trace.marker, size } };
    for (const name of ["x", "y", "text", "hovertext", "customdata"])
      near[name] = indices.map((i) => trace[name][i]);
    const room = zoom < LABELS ? 0 : zoom < FULL && trace.marker.opacity !== 0 ? 2 : Infinity; // characters
    if (zoom < FULL)
      near.text = near.text
        .map((text) => text.split("<br>")[0])
        .map((text) => (text.length > room ? "" : text));
    return near;
  });
}

/** Keep the view where the reader pans and zooms it, and announce clicks on nodes. */
export function follow(element, redraw) {
  element.on("plotly_relayout", (change) => {
    if (!("xaxis.range[0]" in change)) return;
    const { xaxis, yaxis } = element.layout;
    Object.assign(views.get(element), { x: [...xaxis.range], y: [...yaxis.range], moved: true });
    redraw();
  });
  element.on("plotly_click", ({ points }) => {
    const label = points.find(({ customdata }) => customdata)?.customdata;
    if (label) announce("nodeclick", label);
  });
}

/** Show these ranges, which a reader's fingers have made. */
export function move(element, ranges) {
  Object.assign(views.get(element), ranges, { moved: true });
}

/** Zoom in or out around the middle, or fit the whole graph into the plot. */
export function zoom(element, layout, how) {
  const view = views.get(element);
  const by = { in: 1 / 1.3, out: 1.3 }[how];
  if (by)
    for (const axis of ["x", "y"]) view[axis] = around(middle(view[axis]), length(view[axis]) * by);
  else Object.assign(view, wholeView(element, layout));
  view.moved = true;
}
