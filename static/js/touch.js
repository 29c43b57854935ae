// Fingers on a plot: one scrolls the page, as everywhere, and two pan and pinch the plot. Plotly would
// take the first finger for itself, so it never learns of it; a tap reaches it as a click.

let pinch = null; // { element, onPinch, last: the two fingers as { x, y, spread } }

const isPair = ({ touches }) => touches.length === 2;

// The middle between two fingers, and how far apart they are.
function pairOf({ touches: [a, b] }) {
  return {
    x: (a.clientX + b.clientX) / 2,
    y: (a.clientY + b.clientY) / 2,
    spread: Math.max(20, Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY)),
  };
}

function move(event) {
  if (!pinch || !isPair(event)) return;
  event.preventDefault();
  const pair = pairOf(event);
  const { last, onPinch } = pinch;
  pinch.last = pair;
  onPinch(last, pair);
}

function end(event) {
  if (!pinch || isPair(event)) return;
  pinch.element.removeEventListener("touchmove", move);
  pinch = null;
}

/** The range of an axis after two fingers have moved: what was between them still is. */
export function pinchedRange({ isX, start, end, range: [first, last] }, from, to) {
  const share = ({ x, y }) => ((isX ? x : y) - start) / (end - start);
  const by = from.spread / to.spread;
  const low = first + (last - first) * (share(from) - by * share(to));
  return [low, low + by * (last - first)];
}

/** A range moved into another, and no longer than it; null where it is all of it. */
export function insideRange([low, high], [first, last]) {
  const size = last - first;
  const length = Math.min(1, (high - low) / size);
  if (!(length <= 0.999)) return null;
  const start = Math.max(0, Math.min(1 - length, (low - first) / size));
  return [first + start * size, first + (start + length) * size];
}

/** Call `onPinch` with the old and the new place of two fingers on a plot, {x, y, spread}. */
export function follow(element, onPinch) {
  const start = (event) => {
    event.stopPropagation();
    if (!isPair(event)) return;
    event.preventDefault();
    pinch = { element, onPinch, last: pairOf(event) };
    element.addEventListener("touchmove", move, { passive: false });
  };
  element.addEventListener("touchstart", start, { capture: true, passive: false });
  for (const name of ["touchend", "touchcancel"]) element.addEventListener(name, end);
}
