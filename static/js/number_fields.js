// ↑ and ↓ change the number in a field: by a step, or by a factor where values compare by factors.
// With Shift they take ten steps. Which field does what: playground/arrow_keys.py. The page hears of
// it when the key is let go, as if the person had typed the number.

const FIELD = "input[data-arrows]";
const SIGNS = { ArrowUp: 1, ArrowDown: -1 };

let changed = null; // the field whose new number the page has not heard of

// The number in a field as digits, or NaN: anything else is the server's to read.
const parseNumber = ({ value }) =>
  value.trim() ? Number(value.trim().replace("\u2212", "-").replace(",", ".")) : Number.NaN;

// A number without the digits that rounding leaves: 0.1 + 0.2 is 0.3.
const rounded = (value, digits) => Number(value.toPrecision(digits));

function multiplied(value, sign, { factor, step, least }) {
  if (value === 0) return sign > 0 ? least : 0;
  const next = value * factor ** sign;
  if (step)
    return sign > 0 ? Math.max(value + 1, Math.round(next)) : Math.min(value - 1, Math.round(next));
  return rounded(next, 3);
}

/** The number after one press of an arrow key. */
export function nudge(value, sign, rules) {
  const { factor, step, least, low = -Infinity, high = Infinity } = rules;
  const next = factor ? multiplied(value, sign, rules) : rounded(value + sign * step, 12);
  const isBelowLeast = factor && sign < 0 && low === 0 && next < least;
  return isBelowLeast ? 0 : Math.max(low, Math.min(next, high));
}

document.addEventListener("keydown", (event) => {
  const sign = SIGNS[event.key];
  const field = event.target;
  if (!sign || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!(field instanceof Element) || !field.matches(FIELD) || field.readOnly) return;
  let value = parseNumber(field);
  if (!Number.isFinite(value)) return;
  event.preventDefault();
  const rules = JSON.parse(field.dataset.arrows);
  for (let press = 0; press < (event.shiftKey ? 10 : 1); press++) value = nudge(value, sign, rules);
  field.value = String(value);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  changed = field;
});

function report() {
  const field = changed;
  changed = null;
  field?.dispatchEvent(new Event("change", { bubbles: true }));
}
document.addEventListener("keyup", ({ key }) => key in SIGNS && report());
document.addEventListener("focusout", report);
