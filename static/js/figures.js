// Draws the page's figures with Plotly. A <script data-figure="id"> describes what the plot with
// that id shows; colours and sizes in it are the theme's custom properties. A graph is drawn as its
// reader has zoomed it, every other figure whole. Nothing here is worth keeping.

import { fitAxes } from "./axes.js";
import { byId, listen, TRACES } from "./contract.js";
import * as view from "./graph_view.js";
import { complete, wholeGraph } from "./plot_files.js";
import * as plotly from "./plotly_private.js";
import * as touch from "./touch.js";

const plots = new WeakMap(); // plot element → what is known of it:
// source: the text of its script; figure: the newest figure, with the theme's names in it;
// graph: the same with the theme's values, where it is a graph; drawn: what was drawn last;
// whole and zoom: the ranges of the axes as they are and as two fingers have made them;
// units: the powers of ten in which its axes are drawn.

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (!target.isConnected || !target.data) continue;
    const { graph, figure } = plots.get(target);
    if (graph) drawGraph(target);
    else if (hasOtherSize(target)) show(target, figure);
  }
});

function hasOtherSize(element) {
  const { width, height } = sizeOf(element);
  return element.layout.width !== width || element.layout.height !== height;
}

function plotOf(element) {
  if (!plots.has(element)) plots.set(element, {});
  return plots.get(element);
}

// The same figure with the theme's values in place of the names of its custom properties.
function themed(part, style) {
  if (typeof part === "string" && part.startsWith("var(--")) {
    const value = style.getPropertyValue(part.slice(4, -1)).trim();
    return value.endsWith("px") ? parseFloat(value) : value;
  }
  if (Array.isArray(part)) return part.map((item) => themed(item, style));
  if (part && typeof part === "object") {
    const entries = Object.entries(part).map(([key, item]) => [key, themed(item, style)]);
    return Object.fromEntries(entries);
  }
  return part;
}

/** Draw every figure of the page whose script has changed. */
export function drawAll() {
  for (const script of document.querySelectorAll("script[data-figure]")) {
    const element = document.getElementById(script.dataset.figure);
    if (!element) continue;
    const plot = plotOf(element);
    if (plot.source === script.textContent) continue;
    if (plot.source === undefined) {
      sizes.observe(element);
      touch.follow(element, (from, to) => pinch(element, from, to));
    }
    plot.source = script.textContent;
    show(element, JSON.parse(plot.source));
  }
}

/** Draw a figure into an element. */
export function show(element, figure) {
  const plot = plotOf(element);
  plot.figure = figure;
  const values = themed(figure, getComputedStyle(document.documentElement));
  for (const [name, range] of Object.entries(plot.zoom ?? {}))
    values.layout[name] = { ...values.layout[name], range, autorange: false };
  if (values.layout.meta?.graph === undefined) return drawFigure(element, values);
  const isFirst = !plot.graph;
  plot.graph = values;
  drawGraph(element);
  if (isFirst) view.follow(element, () => drawGraph(element));
}

// Two fingers have moved over a plot. A graph goes where they take it; any other plot stays inside
// its axes, and is whole again when they have come together.
function pinch(element, from, to) {
  const plot = plotOf(element);
  if (!plotly.isDrawn(element)) return;
  const axes = Object.entries(plotly.rangesOf(element)).map(([name, axis]) => {
    const scale = 10 ** (plot.units?.[name] ?? 0);
    return [name, { ...axis, range: axis.range.map((end) => end * scale) }];
  });
  const ranges = axes.map(([name, axis]) => [name, touch.pinchedRange(axis, from, to)]);
  if (plot.graph) {
    const { xaxis: x, yaxis: y } = Object.fromEntries(ranges);
    view.move(element, { x, y });
    return drawGraph(element);
  }
  plot.whole ??= Object.fromEntries(axes.map(([name, { range }]) => [name, range]));
  const zoom = ranges.flatMap(([name, range]) => {
    const inner = touch.insideRange(range, plot.figure.layout[name]?.range ?? plot.whole[name]);
    return inner ? [[name, inner]] : [];
  });
  plot.zoom = zoom.length ? Object.fromEntries(zoom) : null;
  if (!plot.zoom) plot.whole = null;
  show(element, plot.figure);
}

// Plotly writes into what it is given, so what was drawn is kept as text.
function drawGraph(element) {
  const plot = plotOf(element);
  const { layout, config } = plot.graph;
  const { x, y } = view.rangesOf(element, plot.graph);
  const ranges = {
    xaxis: { ...layout.xaxis, range: [...x] },
    yaxis: { ...layout.yaxis, range: [...y] },
  };
  const { clientWidth: width, clientHeight: height } = element;
  const around = { ...layout, ...ranges, width, height };
  const drawn = {
    data: view.readable(element, plot.graph, { x, y }),
    around: JSON.stringify(around),
  };
  if (!rewrite(element, plot.drawn, drawn)) Plotly.react(element, drawn.data, around, config);
  plot.drawn = drawn;
}

const same = (one, other) => one === other || JSON.stringify(one) === JSON.stringify(other);

// While a slider is dragged only texts change: they are written into the lines that are there.
function rewrite(element, before, after) {
  if (before?.data.length !== after.data.length || before.around !== after.around) return false;
  const changes = after.data.map((trace, i) =>
    Object.keys(trace).filter((key) => !same(before.data[i][key], trace[key])),
  );
  if (changes.flat().some((key) => key !== "text" && key !== "hovertext")) return false;
  return plotly.rewriteTexts(element, before.data, after.data, changes);
}

// Where a figure comes again with other points and the same axes, its lines alone are drawn.
function drawFigure(element, figure) {
  const plot = plotOf(element);
  const { data, layout, config, formats, units } = fitAxes(figure, sizeOf(element));
  plot.units = units;
  const around = JSON.stringify([layout, data.map(({ x, y, ...rest }) => rest)]);
  const axesStay = layout.xaxis?.range && layout.yaxis?.range && plot.drawn?.around === around;
  plot.drawn = { around };
  element.ariaDescription = figure.notes?.join("; ") || null;
  if (axesStay && data.every((trace, i) => plotly.canDrawPoints(element, i, trace)))
    plotly.drawPoints(element, { ...data });
  else {
    Plotly.react(element, data, layout, config);
    plotly.writeHoverNumbers(element, formats);
  }
  plotly.hoverAgain(element);
}

// A plot that is hidden has no size yet: it is drawn again when it has one.
const sizeOf = ({ clientWidth, clientHeight }) =>
  clientWidth ? { width: clientWidth, height: clientHeight } : { width: 600, height: 400 };

// A trace has other numbers: the figure says so too, so that a resize, another theme or a file
// shows the same.
function renumber(element, index, numbers) {
  Object.assign(plotOf(element).figure.data[index], numbers);
}

/** Draw another output over the plane, and the rings around misclassified samples. */
export function drawSurface(surface, rings) {
  const element = byId("surface");
  if (!plotly.isDrawn(element)) return;
  const [, rows, columns] = surface.shape;
  const { dtype, bdata } = surface;
  const z = surface.winner ?? { dtype, shape: `${rows}, ${columns}`, bdata };
  plotly.drawHeatmap(element, TRACES.surface, z);
  renumber(element, TRACES.surface, { z });
  if (surface.winner)
    for (const { layout } of [element, plotOf(element).figure]) layout.meta.outputs = surface;
  if (rings) setTimeout(drawRings, 0, element, rings);
}

function drawRings(element, { x, y }) {
  const index = TRACES.rings;
  const trace = element.data[index];
  if (x.bdata === trace.x.bdata && y.bdata === trace.y.bdata) return;
  if (plotly.canDrawPoints(element, index, { x, y }))
    plotly.drawPoints(element, { [index]: { x, y } });
  else Plotly.restyle(element, { x: [x], y: [y] }, [index]);
  renumber(element, index, { x, y });
}

/** Save the whole of a plot as a file; a graph at its own size, whatever is in view. */
export function savePlot(id, format, filename) {
  const element = document.getElementById(id);
  const { graph } = plotOf(element);
  const style = getComputedStyle(document.documentElement);
  const background = style.getPropertyValue("--raised").trim();
  const size = { width: element.clientWidth, height: element.clientHeight };
  const { data, layout, width, height } = graph
    ? wholeGraph(graph, background)
    : complete(element, size, element.ariaLabel, background);
  const scale = format === "png" ? Math.min(2, 12000 / Math.max(width, height)) : 1;
  const picture = { data, layout, config: {} };
  return Plotly.downloadImage(picture, { format, width, height, scale, filename });
}

// Drawn with the next picture, so that a request that waits goes out first.
document.addEventListener("htmx:after:swap", () => requestAnimationFrame(drawAll));
listen("themechange", () => {
  for (const element of document.querySelectorAll(".plot")) {
    const figure = plots.get(element)?.figure;
    if (figure) show(element, figure);
  }
});
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-view]");
  const element = button && byId("graph");
  const graph = element && plots.get(element)?.graph;
  if (!graph) return;
  view.zoom(element, graph.layout, button.dataset.view);
  drawGraph(element);
});
drawAll();
