// What the server streams into the page: frames of a run, and figures.
// A frame is painted with the next picture; figures wait until that picture is on screen.

import "./connection.js";
import { listen } from "./contract.js";
import { drawSurface, show } from "./figures.js";
import { paintMaps } from "./network_picture.js";

const waiting = {}; // event name → texts that are not painted yet

function paintFrame([text]) {
  const { surface, maps, wrong: rings } = JSON.parse(text);
  drawSurface(surface, rings);
  paintMaps(maps);
}

// One figure after the other, so that frames come between them.
function paintFigures(texts) {
  const figures = Object.assign({}, ...texts.map((text) => JSON.parse(text)));
  for (const [id, figure] of Object.entries(figures))
    setTimeout(() => {
      const element = document.getElementById(id);
      if (element) show(element, figure);
    });
}

function paint(name, draw) {
  const texts = waiting[name];
  delete waiting[name];
  draw(texts);
}

// A newer frame replaces one that waits. Figures add up: the next event need not have all of them.
listen("frame", ({ detail }) => {
  if (!waiting.frame) requestAnimationFrame(() => paint("frame", paintFrame));
  waiting.frame = [detail.data];
});
listen("figures", ({ detail }) => {
  if (!waiting.figures) requestAnimationFrame(() => setTimeout(paint, 0, "figures", paintFigures));
  waiting.figures = [...(waiting.figures ?? []), detail.data];
});
