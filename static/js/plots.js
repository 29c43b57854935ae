// Hands figures and frames to Plotly. The page's <script data-figure="id"> elements hold what is drawn;
// a stream's `frame` event replaces the numbers in it. Nothing here is worth keeping.

const drawn = new WeakMap(); // element → the figure's text, as the page last brought it
const latest = new WeakMap(); // element → the figure that it shows, with the theme's names in it
const figures = new WeakMap(); // element → a graph's whole figure, of which a view is drawn
const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (!target.isConnected || !target.data) continue;
    if (figures.has(target)) drawGraph(target);
    else Plotly.Plots.resize(target);
  }
});
const painted = new WeakMap(); // element → a graph's traces and layout as last drawn
const surroundings = new WeakMap(); // element → what was drawn last of any other figure, all but its numbers, as text
const newest = {}; // the newest frame, and the figures that came since the last were painted, as lists of texts

// A figure names colours and sizes by the theme's custom properties.
function resolve(part, style) {
  if (typeof part === "string" && part.startsWith("var(--")) {
    const value = style.getPropertyValue(part.slice(4, -1)).trim();
    return value.endsWith("px") ? parseFloat(value) : value;
  }
  if (Array.isArray(part)) return part.map((each) => resolve(each, style));
  if (part && typeof part === "object")
    return Object.fromEntries(Object.entries(part).map(([key, each]) => [key, resolve(each, style)]));
  return part;
}

function drawGraph(element) {
  const figure = figures.get(element);
  const { x, y } = graphs.look(element, figure);
  const { xaxis, yaxis } = figure.layout;
  const { clientWidth: width, clientHeight: height } = element;
  const ranges = { xaxis: { ...xaxis, range: [...x] }, yaxis: { ...yaxis, range: [...y] } };
  const layout = { ...figure.layout, ...ranges, width, height };
  const data = graphs.thinned(element, figure, { x, y });
  const around = JSON.stringify(layout); // Plotly writes into what it is given
  if (!rewritten(element, data, around)) Plotly.react(element, data, layout, figure.config);
  painted.set(element, { data, around });
}

const same = (one, other) => one === other || JSON.stringify(one) === JSON.stringify(other);

// Writes a graph's new numbers into the lines of text that are there, where nothing else differs, and says whether it did:
// of a dragged slider Plotly would draw every node and edge anew, twice the work of all else. As in `repaint`, what Plotly
// keeps is kept true, for the hover and for the next drawing.
function rewritten(element, data, around) {
  const before = painted.get(element);
  if (before?.data.length !== data.length || before.around !== around) return false;
  const changed = data.map((trace, i) => Object.keys(trace).filter((key) => !same(before.data[i][key], trace[key])));
  if (changed.flat().some((key) => key !== "text" && key !== "hovertext")) return false;
  const lines = data.flatMap((trace, i) => (changed[i].includes("text") ? linesOf(element, i, before.data[i].text, trace.text) : []));
  if (lines.some(([line]) => !line || line.children.length)) return false;
  for (const [line, text] of lines) line.textContent = text;
  for (const [i, keys] of changed.entries())
    for (const key of keys) {
      element.data[i][key] = element._fullData[i][key] = data[i][key];
      for (const point of element.calcdata[i]) point[{ text: "tx", hovertext: "htx" }[key]] = data[i][key][point.i];
    }
  return true;
}

// The lines of a trace's texts that changed, as elements, each with what it becomes.
function linesOf(element, trace, before, after) {
  const marks = [...element.querySelectorAll(`.trace${element._fullData[trace].uid} .textpoint`)];
  return marks.flatMap((mark) => {
    const { i } = mark.__data__;
    const old = before[i].split("<br>");
    const lines = mark.querySelectorAll(".line");
    return after[i].split("<br>").flatMap((text, n) => (text === old[n] ? [] : [[lines[n], text]]));
  });
}

function draw() {
  for (const source of document.querySelectorAll("script[data-figure]")) {
    const element = document.getElementById(source.dataset.figure);
    if (!element || drawn.get(element) === source.textContent) continue;
    if (!drawn.has(element)) sizes.observe(element);
    drawn.set(element, source.textContent);
    show(element, JSON.parse(source.textContent));
  }
}

function show(element, named) {
  latest.set(element, named);
  const figure = resolve(named, getComputedStyle(document.documentElement));
  if (figure.layout.meta?.graph === undefined) return showPlane(element, figure);
  const first = !figures.has(element);
  figures.set(element, figure);
  drawGraph(element);
  if (first) graphs.followed(element, () => drawGraph(element));
}

// A trace has other numbers: what is shown says so, that a resize, another theme or a file shows the same.
function renumber(element, n, numbers) {
  for (const { data } of [element, latest.get(element)]) Object.assign(data[n], numbers);
}

// Of a figure that comes again with other numbers the lines alone are drawn: Plotly would lay out the axes and their labels
// anew, ten times as much work.
function showPlane(element, { data, layout, config }) {
  const around = JSON.stringify([layout, data.map(({ x, y, ...others }) => others)]); // Plotly writes into what it is given
  const lasts = layout.xaxis?.range && layout.yaxis?.range && surroundings.get(element) === around;
  surroundings.set(element, around);
  if (lasts && data.every((trace, i) => replaceable(element, i, trace))) return drawAlone(element, data.entries());
  Plotly.react(element, data, layout, config);
}

const KINDS = { f4: Float32Array, i4: Int32Array, u1: Uint8Array };
const numbers = ({ dtype, bdata }) => new KINDS[dtype](Uint8Array.from(atob(bdata), (byte) => byte.charCodeAt(0)).buffer);

// Whether a trace's points can be replaced: they are places alone, and Plotly has a marker of what it did show.
function replaceable(element, i, { x, y }) {
  const { type, visible, _arrayAttrs: arrays } = element.calcdata?.[i]?.[0].trace ?? {};
  return type === "scatter" && visible && x?.bdata && y?.bdata && arrays.every((name) => name === "x" || name === "y");
}

// Puts other points into traces, each with its number, and draws these alone. What Plotly keeps is kept true, for the hover
// and for the next drawing; a point that lacks a number has none.
function drawAlone(element, traces) {
  const plot = element._fullLayout._plots.xy;
  const moved = [...traces].map(([n, { x, y }]) => {
    const [{ t, trace }] = element.calcdata[n];
    const [xs, ys] = [numbers(x), numbers(y)];
    renumber(element, n, { x, y });
    Object.assign(trace, { x: xs, y: ys, _length: xs.length });
    const points = Array.from(xs, (at, i) => {
      const [x, y] = [plot.xaxis.d2c(at), plot.yaxis.d2c(ys[i])];
      return x === undefined || y === undefined ? { i } : { i, x, y };
    });
    Object.assign(points[0], { t, trace });
    return (element.calcdata[n] = points);
  });
  const [[{ trace }]] = moved;
  trace._module.plot(element, plot, moved, plot.plot.select(".scatterlayer"), { duration: 0 }); // no other goes
}

// Draws the surface's heatmap alone, by Plotly's own function: a restyle would draw every sample's marker too, 20 times as
// much work.
function repaint(element, z) {
  if (!element?.calcdata) return;
  const [rows, columns] = z.shape.split(",").map(Number);
  const packed = atob(z.bdata);
  const levels = Array.from({ length: rows }, (_, y) => Uint8Array.from({ length: columns }, (_, x) => packed.charCodeAt(y * columns + x)));
  const [calculated] = element.calcdata;
  renumber(element, 0, { z });
  calculated[0].z = levels;
  const plot = element._fullLayout._plots.xy;
  calculated[0].trace._module.plot(element, plot, [calculated], plot.plot.select(".heatmaplayer"));
}

// The rings around misclassified samples are trace 1.
function ring(element, { x, y }) {
  if (!element?.calcdata || (x.bdata === element.data[1].x.bdata && y.bdata === element.data[1].y.bdata)) return;
  if (replaceable(element, 1, { x, y })) return drawAlone(element, [[1, { x, y }]]);
  Plotly.restyle(element, { x: [x], y: [y] }, [1]);
  renumber(element, 1, { x, y });
}

const paints = {
  frame({ surface, maps, wrong }) {
    const [, rows, columns] = surface.shape;
    const z = surface.winner ?? { dtype: surface.dtype, shape: `${rows}, ${columns}`, bdata: surface.bdata };
    const element = document.getElementById("surface");
    repaint(element, z);
    if (surface.winner && element?.layout) for (const { layout } of [element, latest.get(element)]) layout.meta.outputs = surface;
    window.picture?.paint(maps);
    if (wrong) setTimeout(ring, 0, element, wrong);
  },
  // One after the other, so that frames come between them.
  figures(others) {
    for (const [id, figure] of Object.entries(others))
      setTimeout(() => {
        const element = document.getElementById(id);
        if (element) show(element, figure);
      });
  },
};

function paint(name) {
  const texts = newest[name];
  delete newest[name];
  paints[name](Object.assign({}, ...texts.map((text) => JSON.parse(text))));
}

// A frame is painted with the next picture; what takes longer waits until that is on the screen.
for (const [name, next] of Object.entries({ frame: paint, figures: (name) => setTimeout(paint, 0, name) }))
  document.addEventListener(name, ({ detail }) => {
    if (!(name in newest)) requestAnimationFrame(() => next(name));
    const before = name === "figures" ? newest[name] ?? [] : []; // the next need not have all of them
    newest[name] = [...before, detail.data];
  });
// What the stream's end means is said where its return is told.
document.addEventListener("htmx:sse:error", () => {
  const told = document.getElementById("told");
  if (told) told.textContent = told.dataset.lost;
});
document.addEventListener("htmx:sse:after:connection", () => {
  const told = document.getElementById("told");
  if (told && told.textContent === told.dataset.lost) told.textContent = "";
});
// Drawn with the next picture, so that a request that waits goes out first.
document.addEventListener("htmx:after:swap", () => requestAnimationFrame(() => draw()));
document.addEventListener("themechange", () => {
  for (const element of document.querySelectorAll(".plot")) if (latest.has(element)) show(element, latest.get(element));
});
document.addEventListener("input", ({ target }) => {
  if (target.matches(".slice input")) target.nextElementSibling.textContent = (+target.value).toPrecision(3).replace("-", "−");
});
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-view]");
  const element = button && document.getElementById("graph");
  if (!figures.has(element)) return;
  graphs.zoomed(element, figures.get(element).layout, button.dataset.view);
  drawGraph(element);
});

// The whole of a plot as a file, a graph at its own size whatever is in view.
window.savePicture = (id, format, filename) => {
  const element = document.getElementById(id);
  const whole = figures.get(element);
  const ground = getComputedStyle(document.documentElement).getPropertyValue("--raised").trim();
  const { data, layout } = whole ?? element;
  const picture = { data, layout: { ...layout, paper_bgcolor: ground }, config: {} };
  let [width, height] = [element.clientWidth, element.clientHeight];
  if (whole) {
    const { left, top, width: across, height: down } = layout.meta;
    [width, height] = [across, down].map((size) => Math.round(size * (layout.font.size / 12)));
    picture.layout.xaxis = { ...layout.xaxis, range: [left, left + across] };
    picture.layout.yaxis = { ...layout.yaxis, range: [top - down, top] };
  }
  const scale = format === "png" ? Math.min(2, 12000 / Math.max(width, height)) : 1;
  return Plotly.downloadImage(picture, { format, width, height, scale, filename });
};
if (document.body.dataset.address) history.replaceState(history.state, "", document.body.dataset.address);
draw();
