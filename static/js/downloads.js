// Saves plots and the picture of the network as files, and fetches files that take a while.

import { byId } from "./contract.js";
import { report, reportPress, wordsOf } from "./failures.js";
import { savePlot } from "./figures.js";

const SVG = "http://www.w3.org/2000/svg";
const STYLES = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "font",
  "text-anchor",
  "dominant-baseline",
];

function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

const svgElement = (name, attributes) =>
  setAttributes(document.createElementNS(SVG, name), attributes);

// A copy of an SVG whose shapes carry their styles, as a stylesheet does not come along.
function withStyles(svg, size) {
  const copy = svg.cloneNode(true);
  const [shapes, copies] = [svg, copy].map((root) => root.querySelectorAll("path, rect, text"));
  shapes.forEach((shape, i) => {
    const style = getComputedStyle(shape);
    for (const name of STYLES) copies[i].style.setProperty(name, style.getPropertyValue(name));
  });
  return setAttributes(copy, { x: 0, y: 0, ...size });
}

const LEGEND_HEIGHT = 30; // pixels
const LEGEND_WIDTH = 130; // pixels of an entry

// What the lines of the network mean, as the page says above it, with the styles of the page.
function networkLegend(y) {
  const group = svgElement("g", {});
  const entries = byId("mosaic").closest("section").querySelectorAll(".legend .sign");
  entries.forEach((entry, i) => {
    const x = 10 + i * LEGEND_WIDTH;
    const line = svgElement("path", { d: `M${x} ${y - 5}h26` });
    const label = svgElement("text", { x: x + 34, y });
    label.textContent = entry.textContent;
    const style = getComputedStyle(entry.querySelector("path"));
    for (const name of ["stroke", "stroke-width", "stroke-dasharray"])
      line.style.setProperty(name, style.getPropertyValue(name));
    const { font, color } = getComputedStyle(entry);
    Object.assign(label.style, { font, fill: color });
    group.append(line, label);
  });
  return group;
}

// The network as one SVG: a background, the lines, the maps as an image, the neurons, the legend.
function networkPicture() {
  const mosaic = byId("mosaic");
  const { width, height: drawn } = mosaic.getBoundingClientRect();
  const height = drawn + LEGEND_HEIGHT;
  const size = { width, height: drawn };
  const root = getComputedStyle(document.documentElement);
  const svg = svgElement("svg", { xmlns: SVG, viewBox: `0 0 ${width} ${height}`, width, height });
  svg.append(
    svgElement("rect", { width, height, fill: root.getPropertyValue("--raised").trim() }),
    withStyles(byId("lines"), size),
    svgElement("image", { ...size, href: mosaic.toDataURL() }),
    withStyles(byId("neurons"), size),
    networkLegend(height - 10),
  );
  return { text: new XMLSerializer().serializeToString(svg), width, height };
}

function download(href, name) {
  const link = Object.assign(document.createElement("a"), { href, download: name });
  link.click();
  if (href.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(href), 1000);
}

async function saveNetwork(format, filename) {
  const { text, width, height } = networkPicture();
  const source = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  if (format === "svg") return download(source, `${filename}.svg`);
  const image = Object.assign(new Image(), { src: source });
  await image.decode();
  const size = { width: 2 * width, height: 2 * height };
  const canvas = Object.assign(document.createElement("canvas"), size);
  canvas.getContext("2d").drawImage(image, 0, 0, size.width, size.height);
  canvas.toBlob((blob) => download(URL.createObjectURL(blob), `${filename}.png`));
  URL.revokeObjectURL(source);
}

// Fetched here, so that the link says that it works and what went wrong.
async function fetchFile(link) {
  if (link.ariaDisabled === "true") return;
  const status = byId("copy-status");
  const title = link.textContent;
  Object.assign(link, { textContent: link.dataset.prepares, ariaDisabled: "true" });
  try {
    const response = await fetch(link.href, { headers: { "HX-Request": "true" } });
    if (response.ok) download(URL.createObjectURL(await response.blob()), "replay.html");
    status.textContent = response.ok ? "" : wordsOf({ text: await response.text(), response });
  } catch {
    reportPress(title, link);
  } finally {
    Object.assign(link, { textContent: title, ariaDisabled: "false" });
  }
}

async function savePictures(ids, format, file) {
  const { dataset } = byId("failure");
  const drawn = ids.filter((id) => document.getElementById(id)?.data || id === "picture");
  if (drawn.length < Math.max(ids.length, 1)) report(dataset.empty);
  for (const id of drawn) {
    const name = file ?? (id === "picture" ? "network" : id);
    const saved = id === "picture" ? saveNetwork(format, name) : savePlot(id, format, name);
    await saved.catch(() => report(dataset.unsaved));
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-prepares]");
  if (link) {
    event.preventDefault();
    fetchFile(link);
  }
  const button = event.target.closest("[data-picture]");
  if (!button) return;
  const { picture: format, plot, plots, file } = button.dataset;
  const ids = plot
    ? [plot]
    : [...document.querySelectorAll(`${plots} .js-plotly-plot`)].map(({ id }) => id);
  savePictures(ids, format, file);
});

// The same file can be chosen again: it may have changed.
document.addEventListener("htmx:finally:request", ({ target }) => {
  const field = target.querySelector?.("[data-forgets]");
  if (field) field.value = "";
});
