// Chooses the ticks of an axis: three to eight round numbers, written as people read them. The replay
// file has a copy of this module and of numbers.js.

import { formatNumber, raised } from "./numbers.js";

export const LEAST = 3; // ticks
const MOST = 8;
const TAME = 100; // powers of ten that Plotly draws as they are
const WHOLE = "d"; // the format of an axis that has ticks at whole numbers only
const STEPS = [1, 2, 2.5, 5];
const STRIDES = [1, 2, 3, 5, 10, 20, 30, 50, 100, 200];
const POWERS = [-323, 308]; // the least and the greatest power of ten that is a number

// Whole multiples of a step within a range, as numbers and labels.
function multiples([low, high], step, power, unit) {
  const size = step * 10 ** power;
  const [first, last] = [Math.ceil(low / size - 1e-9), Math.floor(high / size + 1e-9)];
  const count = last - first + 1;
  if (count > MOST || count < LEAST) return { count };
  const largest = Math.max(Math.abs(first), Math.abs(last)) * step;
  const digits = Math.min(15, Math.max(4, Math.ceil(Math.log10(largest + 1)) + 1));
  const ticks = Array.from({ length: count }, (_, i) => {
    const value = Number(`${(first + i) * step}e${power}`);
    return {
      at: value,
      text: formatNumber(Number(`${(first + i) * step}e${power + unit}`), digits),
    };
  });
  return { count, ticks };
}

/** Ticks at round numbers, in sets from many to few: where each stands, and its label. The range is
    in units of a power of ten. */
export function* linearTicks({ range, tickformat }, unit) {
  if (!(range[1] > range[0])) return;
  const first = Math.floor(Math.log10((range[1] - range[0]) / MOST));
  const isWhole = tickformat === WHOLE;
  for (let power = isWhole ? Math.max(0, first) : first; ; power++)
    for (const step of STEPS) {
      if (isWhole && step === 2.5 && power === 0) continue;
      const { count, ticks } = multiples(range, step, power, unit);
      if (count < LEAST) return;
      if (ticks) yield ticks;
    }
}

/** Ticks of a logarithmic axis, whose range is in powers of ten, in sets from many to few: at whole
    powers, and at two and five times them where there are too few. */
export function* powerTicks(range) {
  const [low, high] = [Math.max(range[0], POWERS[0]), Math.min(range[1], POWERS[1])];
  const between = (exponent) => exponent >= low - 1e-9 && exponent <= high + 1e-9;
  const isPlain = low >= -3 && high <= 5;
  const powerText = (exponent) =>
    isPlain || exponent === 0 || exponent === 1
      ? formatNumber(10 ** exponent)
      : `10${raised(exponent)}`;
  const at = (exponent) => ({ at: exponent, text: powerText(exponent) });
  let isEmpty = true;
  for (const stride of STRIDES) {
    const [first, last] = [Math.ceil(low / stride - 1e-9), Math.floor(high / stride + 1e-9)];
    const count = last - first + 1;
    if (count > MOST || count < LEAST) continue;
    isEmpty = false;
    yield Array.from({ length: count }, (_, i) => at((first + i) * stride));
  }
  if (!isEmpty) return;
  const decades = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, i) => i);
  for (const steps of [
    [1, 2, 5],
    [1, 3],
  ]) {
    const ticks = decades
      .flatMap((i) => steps.map((step) => [step, Math.floor(low) + i]))
      .map(([step, power]) => ({ exponent: Math.log10(step) + power, step, power }))
      .filter(({ exponent }) => between(exponent))
      .map(({ exponent, step, power }) => ({
        at: exponent,
        text: step === 1 ? powerText(power) : formatNumber(Number(`${step}e${power}`)),
      }));
    if (ticks.length >= LEAST && ticks.length <= MOST) {
      isEmpty = false;
      yield ticks;
    }
  }
  if (!isEmpty) return;
  for (const ticks of linearTicks({ range: [10 ** low, 10 ** high] }, 0))
    yield ticks.map(({ at: value, text }) => ({ at: Math.log10(value), text }));
  yield [low, (low + high) / 2, high].map((exponent) => ({
    at: exponent,
    text: formatNumber(10 ** exponent, 3),
  }));
}

/** The power of ten in which a linear axis is drawn: 0 for all but very large and small numbers. */
export function unitOf(range) {
  const power = Math.floor(Math.log10(Math.max(...range.map(Math.abs))));
  return Math.abs(power) < TAME ? 0 : Math.max(-300, Math.min(300, power));
}

/** A number in units of a power of ten. */
export const inUnit = (value, unit) => (value === null ? null : value * 10 ** -unit);
