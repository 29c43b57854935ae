// Makes the axes of every figure that has numbers. The server says what an axis covers
// (playground/figures/axes.py); here it gets what depends on the size of the plot: three to eight
// ticks whose labels do not touch, a title beside them, margins that hold both, and numbers that
// Plotly can draw: it fails beyond 1e±300, so values far from 1 are drawn in a power of ten.

import { formatNumber } from "./numbers.js";
import { COLOUR_FORMAT, NUMBER_FORMAT, numbersOf } from "./plotly_private.js";
import { inUnit, LEAST, linearTicks, powerTicks, unitOf } from "./ticks.js";

const GAP = 10; // pixels between the labels of two ticks
const LINE = 1.3; // height of a line, in sizes of the font
const STANDOFF = 6; // pixels between labels and title
const EDGE = 4; // pixels that stay free at the edge of a plot
const POWERS_OF_TEN = "10^"; // what a colour bar begins its labels with whose numbers are exponents
const BAR = 12; // pixels of the width of a colour bar
const PASSES = 3; // margins need the labels, and labels the room between the margins

const canvas = new OffscreenCanvas(1, 1).getContext("2d");
const widths = new Map(); // font and text → pixels

function widthOf(text, { family, size }) {
  const key = `${size} ${family} ${text}`;
  if (!widths.has(key)) {
    if (widths.size > 5000) widths.clear();
    canvas.font = `${size}px ${family}`;
    widths.set(key, canvas.measureText(text).width);
  }
  return widths.get(key);
}

// Ticks at names: at every name, at every second, and so on. The last set cuts names that are longer
// than the space between two of its ticks.
function* nameTicks(names, spacing, font) {
  for (let every = 1; every === 1 || names.length / every >= LEAST; every++) {
    const isLast = names.length / (every + 1) < LEAST;
    const room = isLast ? every * spacing - 2 : Infinity;
    yield names
      .map((name, at) => ({ at, text: cut(name, room, font) }))
      .filter(({ at }) => at % every === 0);
  }
}

function cut(text, width, font) {
  if (widthOf(text, font) <= width) return text;
  let end = text.length - 1;
  while (end > 1 && widthOf(`${text.slice(0, end)}…`, font) > width) end--;
  return `${text.slice(0, end)}…`;
}

// The finest set of ticks whose labels have room on an axis of `length` pixels; the coarsest if none
// has. `extentOf` is how far a label reaches along the axis.
function ticksThatFit(axis, unit, length, extentOf, font) {
  const [low, high] = axis.range;
  const pixels = (ticks, i) => ((ticks[i].at - ticks[i - 1].at) / (high - low)) * length;
  const sets = axis.ticktext
    ? nameTicks(axis.ticktext, length / (high - low), font)
    : axis.type === "log"
      ? powerTicks(axis.range)
      : linearTicks(axis, unit);
  let coarsest = [];
  for (const ticks of sets) {
    const hasRoom = ticks.every(
      (tick, i) => !i || pixels(ticks, i) >= (extentOf(tick) + extentOf(ticks[i - 1])) / 2 + 2,
    );
    if (hasRoom) return ticks;
    coarsest = ticks;
  }
  return coarsest;
}

// A text in lines of at most this width; what does not fit into `most` lines ends in dots.
function lines(text, width, font, most = 2) {
  const result = [];
  for (const word of text.split(" ").filter(Boolean)) {
    const longer = result.length ? `${result.at(-1)} ${word}` : word;
    if (result.length && (widthOf(longer, font) <= width || result.length === most))
      result[result.length - 1] = longer;
    else result.push(word);
  }
  return result.map((line) => cut(line, width, font));
}

function rescaled(item, keys, unit) {
  if (!unit) return item;
  const changes = keys
    .filter((key) => item[key] !== undefined)
    .map((key) => [key, scaledValues(item[key], unit)]);
  return { ...item, ...Object.fromEntries(changes) };
}

function scaledValues(values, unit) {
  if (typeof values === "number" || values === null) return inUnit(values, unit);
  const numbers = values.bdata ? Array.from(numbersOf(values)) : values;
  return numbers.map((value) =>
    Array.isArray(value) ? scaledValues(value, unit) : inUnit(value, unit),
  );
}

/**
 * Make a figure with axes as the server describes them into one that Plotly draws in a box of this
 * size. `formats` write a number of each axis, and of the colours, as people read it; `units` are the
 * powers of ten in which the axes are drawn.
 */
export function fitAxes(figure, box) {
  const { data, layout, config } = figure;
  if (!layout.xaxis) return { ...figure, formats: {}, units: {} };
  const units = { x: drawnUnit(layout.xaxis), y: drawnUnit(layout.yaxis) };
  const bars = data.map((trace) => trace.colorbar && colourBar(trace));
  let fitted = { margin: layout.margin };
  for (let pass = 0; pass < PASSES; pass++)
    fitted = arrange(figure, box, fitted.margin, units, bars.filter(Boolean));
  const { margin, across, down, x, y, notes } = fitted;
  return {
    data: data.map((trace, i) => ({
      ...inUnits(trace, units),
      ...(trace.texttemplate && cellTexts(trace, [across, down], layout.font)),
      ...bars[i]?.drawn(down, layout.font),
    })),
    layout: {
      ...layout,
      ...box,
      margin: { ...layout.margin, ...margin },
      xaxis: { ...drawnAxis(x, layout.font), ticklabelstandoff: EDGE },
      yaxis: drawnAxis(y, layout.font),
      annotations: [
        ...(layout.annotations ?? []).map((arrow) => inUnits(arrow, units)),
        ...(notes.length ? [noteAbove(notes)] : []),
      ],
    },
    config,
    units: { xaxis: units.x, yaxis: units.y },
    formats: {
      x: formatter(units.x),
      y: formatter(units.y),
      z: formatter(bars.find(Boolean)?.unit ?? 0),
    },
  };
}

// What has room between these margins, and the margins that it needs.
function arrange({ layout, notes }, { width, height }, margin, units, bars) {
  const { font, margin: least } = layout;
  const line = LINE * font.size;
  let across = width - margin.l - margin.r;
  let down = height - margin.t - margin.b;
  const [x, y] = ["x", "y"].map((name) => {
    const axis = layout[`${name}axis`];
    return { ...axis, range: axis.range.map((end) => drawnEnd(end, axis, units[name])) };
  });
  y.ticktext = y.ticktext?.map((name) => cut(name, width / 4, font));
  const noteLines = lines((notes ?? []).join("; "), across, font, 3);
  y.lines = lines(y.title.text, down, font);
  x.lines = lines(x.title.text, across, font);
  const isSquare = Boolean(y.scaleanchor);
  if (isSquare) {
    const [xSpan, ySpan] = [x, y].map(({ range: [low, high] }) => high - low);
    const scale = Math.min(across / xSpan, down / ySpan);
    [across, down] = [scale * xSpan, scale * ySpan];
  }
  y.ticks = ticksThatFit(y, units.y, down, () => line, font);
  x.ticks = ticksThatFit(x, units.x, across, ({ text }) => widthOf(text, font) + GAP, font);
  const widest = Math.max(0, ...y.ticks.map(({ text }) => widthOf(text, font)));
  const last = x.ticks.at(-1);
  const free = last && (across * (x.range[1] - last.at)) / (x.range[1] - x.range[0]);
  const beyond = last && !isSquare ? Math.max(0, widthOf(last.text, font) / 2 - free) : 0;
  const barWidth = Math.max(0, ...bars.map((bar) => bar.width(down, font)));
  const titleRoom = (texts) => (texts.length ? STANDOFF + line * texts.length : 0);
  return {
    across,
    down,
    x,
    y,
    notes: noteLines,
    margin: {
      l: Math.max(least.l, 8 * Math.ceil((EDGE + STANDOFF + widest + titleRoom(y.lines)) / 8)),
      r: Math.max(least.r, beyond + EDGE, barWidth),
      t: Math.max(least.t, line / 2) + noteLines.length * line,
      b: Math.max(least.b, EDGE + STANDOFF + line + titleRoom(x.lines)),
    },
  };
}

function drawnAxis({ ticks, lines: texts, ...axis }, font) {
  return {
    ...axis,
    title: { text: texts.join("<br>"), font, standoff: STANDOFF },
    tickvals: ticks.map(({ at }) => (axis.type === "log" ? 10 ** at : at)),
    ticktext: ticks.map(({ text }) => text),
    tickangle: 0,
    hoverformat: NUMBER_FORMAT,
    tickformat: NUMBER_FORMAT,
  };
}

const inUnits = (item, units) =>
  rescaled(rescaled(item, ["x", "x0", "dx", "ax"], units.x), ["y", "y0", "dy", "ay"], units.y);

const formatter = (unit) => (value) => formatNumber(unit ? value * 10 ** unit : value);

const drawnUnit = ({ type, ticktext, range }) => (type === "log" || ticktext ? 0 : unitOf(range));

const drawnEnd = (end, axis, unit) => (axis.type === "log" ? end : inUnit(end, unit));

// A heatmap has texts in its cells if they all have room there.
function cellTexts({ text }, [across, down], font) {
  const widest = Math.max(...text.flat().map((part) => widthOf(part, font)));
  const hasRoom =
    widest + EDGE <= across / text[0].length && LINE * font.size <= down / text.length;
  return hasRoom ? { textfont: { ...font } } : { texttemplate: "" };
}

// The sentence above a plot that says which values it cannot show.
const noteAbove = (texts) => ({
  text: texts.join("<br>"),
  xref: "paper",
  yref: "paper",
  x: 1,
  y: 1,
  xanchor: "right",
  yanchor: "bottom",
  align: "right",
  showarrow: false,
});

// The colours of a trace as an axis: a bar at the right of the plot.
function colourBar({ z, zmin, zmax, colorbar: { tickprefix, ...rest } }) {
  const isLog = tickprefix === POWERS_OF_TEN;
  const unit = isLog ? 0 : unitOf([zmin, zmax]);
  const range = [zmin, zmax].map((end) => inUnit(end, unit));
  const axis = { type: isLog ? "log" : "linear", range };
  const ticksOf = (length, font) => ticksThatFit(axis, unit, length, () => LINE * font.size, font);
  return {
    unit,
    width: (length, font) =>
      Math.max(...ticksOf(length, font).map(({ text }) => widthOf(text, font))) + BAR + 4 * EDGE,
    drawn: (length, font) => {
      const ticks = ticksOf(length, font);
      return {
        ...rescaled({ z }, ["z"], unit),
        zmin: range[0],
        zmax: range[1],
        zhoverformat: COLOUR_FORMAT,
        colorbar: {
          ...rest,
          thickness: BAR,
          x: 1,
          xpad: EDGE,
          ypad: 0,
          outlinewidth: 0,
          tickfont: font,
          tickvals: ticks.map(({ at }) => at),
          ticktext: ticks.map(({ text }) => text),
        },
      };
    },
  };
}
