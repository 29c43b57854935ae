// Everything that goes past Plotly's public interface, and nothing else. Plotly.react and
// Plotly.restyle lay out all axes, labels and markers again, ten times the work of drawing the one trace
// that has changed; these functions draw that trace with Plotly's own code. They keep true what
// Plotly remembers, for its hover labels and its next full drawing.
// tests/e2e/test_plotly_private.py fails where a new version of Plotly works differently.

const ARRAYS = { f4: Float32Array, f8: Float64Array, i4: Int32Array, u1: Uint8Array };

/** The numbers of a typed array as the server sends it. */
export const numbersOf = ({ dtype, bdata }) =>
  new ARRAYS[dtype](Uint8Array.from(atob(bdata), (byte) => byte.charCodeAt(0)).buffer);

const formats = new WeakMap(); // plot element → a function for each axis that writes its numbers

/** Let a plot write the numbers of its hover labels with these functions, for x, y and the colours. */
export function writeHoverNumbers(element, { x, y, z }) {
  if (!formats.has(element)) element.on("plotly_afterplot", () => setFormats(element));
  formats.set(element, { x, y, z });
  setFormats(element);
}

// Plotly makes new axes whenever it draws, and a heatmap writes its numbers with the x axis.
function setFormats(element) {
  const { xaxis, yaxis } = element._fullLayout;
  const { x, y, z } = formats.get(element);
  if (!x) return;
  xaxis._numFormat = (format) => (format === COLOUR_FORMAT ? z : x);
  yaxis._numFormat = () => y;
}

/** Formats of the numbers of axes and of heatmaps, which `writeHoverNumbers` tells apart. */
export const NUMBER_FORMAT = "g";
export const COLOUR_FORMAT = "~g";

/** Where data coordinates lie on screen: conversions both ways, the drawing area and the ranges. */
export function axesOf(element) {
  const { xaxis, yaxis } = element?._fullLayout ?? {};
  if (!xaxis?.p2d) return null;
  const area = element.querySelector(".nsewdrag").getBoundingClientRect();
  return {
    area,
    xRange: xaxis.range,
    yRange: yaxis.range,
    toPixels: ({ x, y }) => ({ x: xaxis.d2p(x), y: yaxis.d2p(y) }),
    toData: (clientX, clientY) => ({
      x: xaxis.p2d(clientX - area.left),
      y: yaxis.p2d(clientY - area.top),
    }),
  };
}

/** The ranges of all axes, by the axes' names, with where each axis lies on screen. */
export function rangesOf(element) {
  const box = element.getBoundingClientRect();
  const { _subplots: subplots, ...layout } = element._fullLayout;
  const ids = ["xaxis", "yaxis"].flatMap((kind) => subplots?.[kind] ?? []);
  const axes = ids.map((id) => {
    const name = `${id[0]}axis${id.slice(1)}`;
    const { _offset: offset, _length: size, range } = layout[name];
    const isX = id.startsWith("x");
    const [start, end] = isX
      ? [box.left + offset, box.left + offset + size]
      : [box.top + offset + size, box.top + offset];
    return [name, { isX, start, end, range: [...range] }];
  });
  return Object.fromEntries(axes);
}

/** All points that carry `customdata`, with their coordinates as numbers. */
export function pointsOf(element) {
  const traces = element._fullData.filter(({ customdata }) => customdata);
  return traces.flatMap(({ customdata, x, y }) =>
    Array.from(customdata, (data, i) => ({ data, x: x[i], y: y[i] })),
  );
}

/** The mark on screen of the point whose `customdata` begins with `index`, and the rest of it. */
export function markOf(element, index) {
  for (const group of element.querySelectorAll(".scatterlayer .trace")) {
    const { customdata } = group.__data__[0].trace;
    const place = customdata?.findIndex(([first]) => first === index) ?? -1;
    if (place < 0) continue;
    const marks = [...group.querySelectorAll("path.point")];
    const mark = marks.find(({ __data__: point }) => point.i === place);
    return { mark, rest: customdata[place].slice(1) };
  }
  return {};
}

/** Move a mark on screen without telling Plotly. */
export function moveMark(element, mark, place) {
  const { x, y } = axesOf(element).toPixels(place);
  mark?.setAttribute("transform", `translate(${x},${y})`);
}

/** Whether `drawPoints` can draw a trace: it has places alone, and Plotly shows it already. */
export function canDrawPoints(element, trace, { x, y }) {
  const { type, visible, _arrayAttrs: arrays } = element.calcdata?.[trace]?.[0].trace ?? {};
  const onlyPlaces = arrays?.every((name) => name === "x" || name === "y");
  return type === "scatter" && visible && x?.bdata && y?.bdata && onlyPlaces;
}

/** Put other points into traces and draw these traces alone. A point that lacks a number is none. */
export function drawPoints(element, traces) {
  const plot = element._fullLayout._plots.xy;
  const drawn = Object.entries(traces).map(([index, { x, y }]) => {
    const [{ t, trace }] = element.calcdata[index];
    const [xs, ys] = [numbersOf(x), numbersOf(y)];
    Object.assign(element.data[index], { x, y });
    Object.assign(trace, { x: xs, y: ys, _length: xs.length });
    const points = Array.from(xs, (value, i) => {
      const [cx, cy] = [plot.xaxis.d2c(value), plot.yaxis.d2c(ys[i])];
      return cx === undefined || cy === undefined ? { i } : { i, x: cx, y: cy };
    });
    Object.assign(points[0], { t, trace });
    element.calcdata[index] = points;
    return points;
  });
  const [[{ trace }]] = drawn;
  const layer = plot.plot.select(".scatterlayer");
  trace._module.plot(element, plot, drawn, layer, { duration: 0 });
}

/** Whether Plotly has drawn the element, so that a trace of it can be drawn alone. */
export const isDrawn = (element) => Boolean(element?.calcdata);

/** Put other levels into a heatmap and draw it alone. */
export function drawHeatmap(element, index, z) {
  const [rows, columns] = z.shape.split(",").map(Number);
  const bytes = numbersOf(z);
  const levels = Array.from({ length: rows }, (_, row) =>
    bytes.subarray(row * columns, (row + 1) * columns),
  );
  const calculated = element.calcdata[index];
  element.data[index].z = z;
  calculated[0].z = levels;
  const plot = element._fullLayout._plots.xy;
  const layer = plot.plot.select(".heatmaplayer");
  calculated[0].trace._module.plot(element, plot, [calculated], layer);
}

/** Write the label of the point under the pointer from the newest numbers, or take it away. */
export function hoverAgain(element) {
  const points = element._hoverdata?.map(({ curveNumber, pointNumber }) => ({
    curveNumber,
    pointNumber,
  }));
  if (!points?.length) return;
  const isThere = ({ curveNumber, pointNumber }) =>
    element.calcdata[curveNumber]?.[pointNumber]?.x !== undefined;
  if (points.every(isThere)) Plotly.Fx.hover(element, points);
  else Plotly.Fx.unhover(element);
}

const POINT_KEYS = { text: "tx", hovertext: "htx" };

/**
 * Write a graph's new texts into the lines on screen; `changes` lists, for every trace, which of
 * `text` and `hovertext` changed. False where a text does not fit the lines that are there.
 */
export function rewriteTexts(element, before, after, changes) {
  const lines = after.flatMap((trace, i) =>
    changes[i].includes("text") ? changedLines(element, i, before[i].text, trace.text) : [],
  );
  if (lines.some(([line]) => !line || line.children.length)) return false;
  for (const [line, text] of lines) line.textContent = text;
  for (const [i, keys] of changes.entries())
    for (const key of keys) {
      const values = after[i][key];
      element.data[i][key] = values;
      element._fullData[i][key] = values;
      for (const point of element.calcdata[i]) point[POINT_KEYS[key]] = values[point.i];
    }
  return true;
}

// The lines of a trace's texts that changed, as elements, each with its new text.
function changedLines(element, trace, before, after) {
  const marks = element.querySelectorAll(`.trace${element._fullData[trace].uid} .textpoint`);
  return [...marks].flatMap((mark) => {
    const { i } = mark.__data__;
    const old = before[i].split("<br>");
    const lines = mark.querySelectorAll(".line");
    const texts = after[i].split("<br>");
    return texts.flatMap((text, n) => (text === old[n] ? [] : [[lines[n], text]]));
  });
}
