// Hands figures and frames to Plotly. The page's <script data-figure="id"> elements hold what is drawn;
// a stream's `frame` event replaces the numbers in it. Nothing here is worth keeping.

const drawn = new Map(); // element → the figure's text, as last drawn
const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) if (target.isConnected && target.data) Plotly.Plots.resize(target);
});
let newest = null; // the newest frame that is not painted yet, as text

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
function fit(figure, element) {
  const { width, height } = figure.layout.meta ?? {};
  if (!width) return;
  const { xaxis, yaxis } = figure.layout;
  const most = figure.layout.font.size / 12;
  const zoom = Math.max(0.78 * most, Math.min(most, element.clientWidth / width, element.clientHeight / height));
  const across = element.clientWidth / zoom;
  const down = element.clientHeight / zoom;
  const left = xaxis.range[0] - Math.max(0, (across - width) / 2);
  const middle = height * zoom > element.clientHeight ? yaxis.range[1] - down / 2 : (yaxis.range[0] + yaxis.range[1]) / 2;
  xaxis.range = [left, left + across];
  yaxis.range = [middle - down / 2, middle + down / 2];
}

function draw(again = false) {
  const style = getComputedStyle(document.documentElement);
  for (const source of document.querySelectorAll("script[data-figure]")) {
    const element = document.getElementById(source.dataset.figure);
    if (!element || (!again && drawn.get(element) === source.textContent)) continue;
    if (!drawn.has(element)) sizes.observe(element);
    drawn.set(element, source.textContent);
    const figure = resolve(JSON.parse(source.textContent), style);
    fit(figure, element);
    Plotly.react(element, figure.data, figure.layout, figure.config);
  }
}

function paint() {
  if (newest === null) return;
  const frame = JSON.parse(newest);
  newest = null;
  const { surface, curve, predictions } = frame;
  const [, rows, columns] = surface.shape;
  const z = surface.winner ?? { dtype: surface.dtype, shape: `${rows}, ${columns}`, bdata: surface.bdata };
  Plotly.restyle("surface", { z: [z] }, [0]);
  if (curve) Plotly.restyle("loss", { x: [curve.x, curve.x], y: [curve.train, curve.test] }, [0, 1]);
  if (predictions && document.getElementById("bars")) Plotly.restyle("bars", { y: [predictions] }, [1]);
}

document.addEventListener("frame", ({ detail }) => {
  if (newest === null) requestAnimationFrame(paint);
  newest = detail.data;
});
document.addEventListener("htmx:after:swap", () => draw());
document.addEventListener("themechange", () => draw(true));
document.addEventListener("input", ({ target }) => {
  if (target.matches(".slice input")) target.nextElementSibling.textContent = (+target.value).toPrecision(3).replace("-", "−");
});
if (document.body.dataset.address) history.replaceState(history.state, "", document.body.dataset.address);
draw();
