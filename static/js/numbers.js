// Writes numbers as the server does (engine/notation.py), for what the browser alone can know: the
// place under a pointer, and the ticks that fit into a plot.

const SUPERSCRIPTS = { "-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].entries()) };

const GROUPS = /(?<=^\d+)(?=(\d{3})+(?!\d))/g; // the places between groups of three digits

/** A whole number as superscript digits: −13 as ⁻¹³. */
export const raised = (whole) => [...String(whole)].map((sign) => SUPERSCRIPTS[sign]).join("");

// The digits of a number as `1.234e-5`. A number exactly between two roundings goes to the even one,
// as in Python.
function rounded(value, digits) {
  const text = value.toExponential(digits - 1);
  const [, first, others, power] = value.toExponential(60).match(/^(\d)\.(\d*)(e.*)$/);
  const exact = first + others;
  const isTie = /^50*$/.test(exact.slice(digits));
  if (!isTie || exact[digits - 1] % 2) return text;
  return `${first}${digits > 1 ? "." : ""}${exact.slice(1, digits)}${power}`;
}

/** A number with `digits` significant digits, a true minus, groups of three digits, and no power of
    ten where it reads well without one. */
export function formatNumber(value, digits = 4) {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const [mantissa, power] = rounded(Math.abs(value), digits).split("e");
  const sign = value < 0 ? "−" : "";
  const exponent = +power;
  if (exponent <= -5 || exponent >= Math.max(6, digits)) {
    const short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
    return `${sign}${short}·10${raised(exponent)}`;
  }
  const places = Math.max(0, digits - 1 - exponent);
  const text = Number(`${mantissa}e${exponent}`).toFixed(places);
  const plain = places ? text.replace(/\.?0+$/, "") : text;
  return plain === "0" ? plain : sign + plain.replace(GROUPS, ",");
}
