// Where a graph is looked at, and how much of it is written out: texts stand only where they can be read.
// A view is two ranges, as Plotly has them; it begins anew with every graph and is nothing worth keeping.

const views = new Map(); // element → { graph, area, focus, moved, x, y }
const FULL = 0.9; // of the zoom at which boxes are as large as their texts want them
const LABELS = 0.42;
const MOST = 300; // texts at once

const around = (centre, size) => [centre - size / 2, centre + size / 2];
const length = ([start, end]) => end - start;
const middle = ([start, end]) => (start + end) / 2;
const inside = (value, [start, end], room = 0) => value > start - room && value < end + room;
const best = ({ font }) => font.size / 12;

// A graph opens at one unit a pixel where it fits, else as small as stays readable, from its left:
// the middle of what stands there, for a high graph's corner is empty.
function opened(element, { data, layout }) {
  const { width, height } = layout.meta;
  const across = element.clientWidth / width;
  const down = element.clientHeight / height;
  const view = seenAt(element, layout, Math.max(FULL * best(layout), Math.min(best(layout), across, down)));
  if (height <= length(view.y)) return view;
  const boxes = data.find(({ name }) => name === "values");
  const east = Math.max(view.x[1], Math.min(...boxes.x));
  const beside = [...boxes.y].filter((_, i) => boxes.x[i] <= east);
  return { ...view, y: around(middle([Math.min(...beside), Math.max(...beside)]), length(view.y)) };
}

function whole(element, layout) {
  const { width, height } = layout.meta;
  return seenAt(element, layout, Math.min(best(layout), element.clientWidth / width, element.clientHeight / height));
}

function seenAt(element, { meta }, zoom) {
  const across = element.clientWidth / zoom;
  const down = element.clientHeight / zoom;
  const west = meta.left - Math.max(0, (across - meta.width) / 2);
  const north = meta.top + Math.max(0, (down - meta.height) / 2);
  return { x: [west, west + across], y: [north - down, north] };
}

// The view of a figure that is to be drawn: where its reader left it, or where the step at work is.
function look(element, figure) {
  const { layout } = figure;
  const { meta } = layout;
  const before = views.get(element);
  const graph = [meta.graph, layout.font.size, element.clientWidth, element.clientHeight].join();
  const area = meta.width * meta.height;
  const { focus } = meta;
  const same = before?.graph === graph && area < 2 * before.area && before.area < 2 * area;
  const kept = same && before.moved && showsAnything(before, meta);
  const view = { ...(kept ? before : opened(element, figure)), graph, area, moved: kept, focus: JSON.stringify(focus) };
  if (focus && !(kept && before.focus === view.focus)) for (const axis of ["x", "y"]) view[axis] = brought(view[axis], focus[axis]);
  views.set(element, view);
  return view;
}

// The range moved as little as it must to show what is wanted, or its middle where that is too long.
function brought(range, wanted) {
  if (length(wanted) > length(range)) return around(middle(wanted), length(range));
  const by = Math.min(0, wanted[0] - range[0]) + Math.max(0, wanted[1] - range[1]);
  return [range[0] + by, range[1] + by];
}

function showsAnything({ x, y }, { left, top, width, height }) {
  return x[0] < left + width && x[1] > left && y[0] < top && y[1] > top - height;
}

// What of a figure is worth drawing in this view: texts and discs near it, as large as it is zoomed.
function thinned(element, { data, layout }, { x, y }) {
  const zoom = element.clientWidth / length(x) / best(layout) + 1e-6;
  const thin = Math.max(0.3, zoom / FULL);
  return data.map((trace) => {
    if (!trace.text && zoom < FULL) return { ...trace, line: { ...trace.line, width: trace.line.width * thin } };
    if (!trace.text || (trace.x.length <= 120 && zoom >= FULL)) return trace;
    const [wide, high] = [length(x) / 2, length(y) / 2];
    let kept = [...trace.x.keys()].filter((i) => inside(trace.x[i], x, wide) && inside(trace.y[i], y, high));
    if (kept.length > MOST) kept = kept.filter((i) => inside(trace.x[i], x) && inside(trace.y[i], y));
    if (kept.length > MOST) kept = [];
    const size = trace.marker.size * Math.min(1, zoom / FULL);
    const near = { ...trace, marker: { ...trace.marker, size } };
    for (const name of ["x", "y", "text", "hovertext", "customdata"]) near[name] = kept.map((i) => trace[name][i]);
    const room = zoom < LABELS ? 0 : zoom < FULL && trace.marker.opacity !== 0 ? 2 : Infinity; // characters
    if (zoom < FULL) near.text = near.text.map((text) => text.split("<br>")[0]).map((text) => (text.length > room ? "" : text));
    return near;
  });
}

// Plotly tells of panning and zooming after they have ended.
function followed(element, redraw) {
  element.on("plotly_relayout", (change) => {
    if (!("xaxis.range[0]" in change)) return;
    const { xaxis, yaxis } = element._fullLayout;
    Object.assign(views.get(element), { x: [...xaxis.range], y: [...yaxis.range], moved: true });
    redraw();
  });
  element.on("plotly_click", ({ points }) => {
    const label = points.find(({ customdata }) => customdata)?.customdata;
    if (label) document.dispatchEvent(new CustomEvent("nodeclick", { detail: label }));
  });
}

function zoomed(element, layout, how) {
  const view = views.get(element);
  const by = { in: 1 / 1.3, out: 1.3 }[how];
  if (by) for (const axis of ["x", "y"]) view[axis] = around(middle(view[axis]), length(view[axis]) * by);
  else Object.assign(view, whole(element, layout));
  view.moved = true;
}

window.graphs = { look, thinned, followed, zoomed };
