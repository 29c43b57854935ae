// What a plot gets when it leaves the page as a picture: a title, a legend, and the colours' scale.
// On the page they stand around the plot.

import { formatNumber } from "./numbers.js";

const TITLE_HEIGHT = 34; // pixels
const PAD = 10;
const SIDE_WIDTH = 190; // pixels beside the plot, for the legend and the scale of colours
const LEGEND_LINE = 1.8; // height of an entry, in sizes of the font
const SCALE = { len: 0.4, lenmode: "fraction", thickness: 12, x: 1.02, xanchor: "left" };
const AT_BOTTOM = { y: 0, yanchor: "bottom" };

const isDrawn = ({ x, y }) => [x, y].every((values) => (values?.bdata ?? values)?.length);

// The heatmap of an output has its levels as bytes; `meta` says what they stand for.
function withScale(trace, { low, high }, font) {
  if (trace.type !== "heatmap" || trace.zmax !== 255 || low === undefined) return trace;
  const ticks = {
    tickvals: [0, 255],
    ticktext: [low, high].map((level) => formatNumber(level)),
    tickfont: font,
  };
  return { ...trace, showscale: true, colorbar: { ...SCALE, ...AT_BOTTOM, ...ticks } };
}

/** A picture of a plot, complete without its page: what Plotly draws, and its size. */
export function complete({ data, layout }, { width, height }, title, background) {
  const { font, margin, meta = {} } = layout;
  const named = data.filter((trace) => trace.name && isDrawn(trace));
  const traces = data.map((trace) => ({
    ...withScale(trace, meta, font),
    showlegend: named.length > 1 && named.includes(trace),
  }));
  const hasSide = traces.some((trace) => trace.showlegend || trace.colorbar?.len === SCALE.len);
  const side = hasSide ? SIDE_WIDTH : 0;
  const legendHeight = named.length * LEGEND_LINE * font.size;
  return {
    data: traces,
    layout: {
      ...layout,
      paper_bgcolor: background,
      margin: { ...margin, t: margin.t + TITLE_HEIGHT, r: margin.r + side },
      title: {
        text: title,
        font,
        ...{ x: 0, xref: "container", xanchor: "left" },
        ...{ y: 1, yref: "container", yanchor: "top" },
        pad: { t: PAD, l: PAD },
      },
      showlegend: hasSide,
      legend: { font, x: 1.02, y: 1, xanchor: "left", yanchor: "top" },
    },
    width: width + side,
    height: TITLE_HEIGHT + Math.max(height, hasSide ? legendHeight + margin.t + margin.b : 0),
  };
}

/** The whole of a graph as a picture, at its own size. */
export function wholeGraph({ data, layout }, background) {
  const { left, top, width: across, height: down } = layout.meta;
  const [width, height] = [across, down].map((size) => Math.round(size * (layout.font.size / 12)));
  const ranges = {
    xaxis: { ...layout.xaxis, range: [left, left + across] },
    yaxis: { ...layout.yaxis, range: [top - down, top] },
  };
  return { data, layout: { ...layout, ...ranges, paper_bgcolor: background }, width, height };
}
