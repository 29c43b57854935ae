// Hands figures and frames to Plotly. The page's <script data-figure="id"> elements hold what is drawn;
// a stream's `frame` event replaces the numbers in it. Nothing here is worth keeping.

const drawn = new Map(); // element → the figure's text, as last drawn
const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (!target.isConnected || !target.data) continue;
    Plotly.Plots.resize(target);
    if (target.layout.meta) Plotly.relayout(target, fitted(target.layout, target));
  }
});
let newest = {}; // the newest frame and curve that are not painted yet, as text

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

// A graph opens at one unit a pixel where it fits, else as small as stays readable, from its left.
function fitted({ meta, font }, element) {
  const { width, height, left, top } = meta;
  const most = font.size / 12;
  const zoom = Math.max(0.78 * most, Math.min(most, element.clientWidth / width, element.clientHeight / height));
  const across = element.clientWidth / zoom;
  const down = element.clientHeight / zoom;
  const west = left - Math.max(0, (across - width) / 2);
  const north = top + Math.max(0, (down - height) / 2);
  return { "xaxis.range": [west, west + across], "yaxis.range": [north - down, north] };
}

function draw(again = false) {
  const style = getComputedStyle(document.documentElement);
  for (const source of document.querySelectorAll("script[data-figure]")) {
    const element = document.getElementById(source.dataset.figure);
    if (!element || (!again && drawn.get(element) === source.textContent)) continue;
    if (!drawn.has(element)) sizes.observe(element);
    drawn.set(element, source.textContent);
    const figure = resolve(JSON.parse(source.textContent), style);
    if (figure.layout.meta) {
      const ranges = fitted(figure.layout, element);
      figure.layout.xaxis.range = ranges["xaxis.range"];
      figure.layout.yaxis.range = ranges["yaxis.range"];
    }
    Plotly.react(element, figure.data, figure.layout, figure.config);
  }
}

function paint() {
  const frame = JSON.parse(newest.frame ?? "null");
  const curve = JSON.parse(newest.curve ?? "null");
  newest = {};
  if (frame) {
    const { surface, predictions } = frame;
    const [, rows, columns] = surface.shape;
    const z = surface.winner ?? { dtype: surface.dtype, shape: `${rows}, ${columns}`, bdata: surface.bdata };
    Plotly.restyle("surface", { z: [z] }, [0]);
    if (predictions && document.getElementById("bars")) Plotly.restyle("bars", { y: [predictions] }, [1]);
  }
  if (curve) Plotly.restyle("loss", { x: [curve.x, curve.x], y: [curve.train, curve.test] }, [0, 1]);
}

for (const name of ["frame", "curve"])
  document.addEventListener(name, ({ detail }) => {
    if (!newest.frame && !newest.curve) requestAnimationFrame(paint);
    newest[name] = detail.data;
  });
// Drawn with the next picture, so that a request that waits goes out first.
document.addEventListener("htmx:after:swap", () => requestAnimationFrame(() => draw()));
document.addEventListener("themechange", () => draw(true));
document.addEventListener("input", ({ target }) => {
  if (target.matches(".slice input")) target.nextElementSibling.textContent = (+target.value).toPrecision(3).replace("-", "−");
});
if (document.body.dataset.address) history.replaceState(history.state, "", document.body.dataset.address);
draw();
