// Says what failed where one looks, on every page: in #failure, which stays in view. What belongs to
// one place of the page (`hx-status` names it) stands there, and here too while that place is out
// of view. An error leaves with the next success of what was pressed.
//
// While the server does not answer, this page asks for it, and `serverIsBack` says when it is there.

import { byId } from "./contract.js";

const ASK_EVERY = 500; // milliseconds between two questions whether the server is back
const PATIENCE = 1000; // milliseconds after which a request without an answer is doubtful
const GOOD_NEWS = 4000; // milliseconds for which the page says that the server is back

let cause = null; // the control whose failure is shown, or null
let saidAt = 0; // when the failure was said, by performance.now()
let pressed = ""; // the name of a press that may have done nothing while the server was away
let absence = null; // while the server does not answer: a promise that ends when it does

const words = (text) => text.replace("{}", pressed);

/** Say what failed. `control` is what the person pressed. */
export function report(text, control = null) {
  write(text, control);
  const options = { type: "button", className: "small", textContent: "Close", onclick: dismiss };
  byId("failure").append(Object.assign(document.createElement("button"), options));
}

// What an alert elsewhere on the page says too is for the eyes alone. A press closes it.
function copy(text, control) {
  write(text, control);
  byId("failure").ariaHidden = "true";
  byId("failure").onclick = dismiss;
}

function write(text, control) {
  const sentence = Object.assign(document.createElement("p"), { textContent: text });
  Object.assign(byId("failure"), { ariaHidden: null, onclick: null }).replaceChildren(sentence);
  cause = control;
  saidAt = performance.now();
}

function dismiss() {
  byId("failure").replaceChildren();
  cause = null;
}

const isShown = (text) => byId("failure").firstChild?.textContent === text;

// The words on a control, as the person knows it.
function nameOf({ sourceElement, sourceEvent }) {
  const control = sourceEvent?.submitter ?? sourceElement;
  const { ariaLabel, labels, textContent } = control;
  const text = ariaLabel ?? labels?.[0]?.textContent ?? textContent;
  return text.trim().replace(/\s+/g, " ").slice(0, 40) || byId("failure").dataset.unnamed;
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function isAnswering() {
  try {
    const options = { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) };
    return (await fetch(byId("failure").dataset.probe, options)).ok;
  } catch {
    return false;
  }
}

async function waitForServer() {
  while (!(await isAnswering())) await pause(ASK_EVERY);
  absence = null;
  const { dataset } = byId("failure");
  const text = words(pressed ? dataset.again : dataset.back);
  const isNews = byId("failure").firstChild !== null;
  pressed = "";
  if (!isNews) return;
  report(text);
  setTimeout(() => isShown(text) && dismiss(), GOOD_NEWS);
}

/** Say that the server does not answer, and return a promise that ends when it does. */
export function serverIsBack() {
  if (!absence) {
    report(words(byId("failure").dataset.lost));
    absence = waitForServer();
  }
  return absence;
}

/** Say that a press may not have worked, since the server does not answer. */
export function reportPress(name, control) {
  pressed = name;
  serverIsBack();
  report(words(byId("failure").dataset.press), control);
}

// --- what htmx sends ------------------------------------------------------------------------------

const begun = new WeakMap(); // request → when its control was used
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  begun.set(ctx, performance.now());
});

// A request that has no answer yet may be slow, or the server is away.
const timers = new WeakMap();
const doubt = async () => (await isAnswering()) || serverIsBack();
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (!absence) timers.set(ctx, setTimeout(doubt, PATIENCE));
});
for (const event of ["before:response", "finally:request"])
  document.addEventListener(`htmx:${event}`, ({ detail: { ctx } }) =>
    clearTimeout(timers.get(ctx)),
  );

// A press that is not sent again by itself.
document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (ctx?.request && !ctx.response) reportPress(nameOf(ctx), ctx.sourceElement);
});

document.addEventListener("htmx:sse:error", ({ detail: { status } }) => {
  const text = `${byId("failure").dataset.error} (${status})`;
  if (!status || status > 500) serverIsBack();
  else if (!isShown(text)) report(text);
});

// The place where the errors of a control stand: `hx-status:422` of it or of what is around it.
function placeOf(control) {
  const own = control.getAttribute("hx-status:422");
  const around = control.closest("[hx-status\\:422\\:inherited]");
  const status = own ?? around?.getAttribute("hx-status:422:inherited") ?? "";
  const [, selector] = /target:(#[\w-]+)/.exec(status) ?? [];
  return selector ? document.querySelector(selector) : null;
}

document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const { response, sourceElement: control } = ctx;
  if (response.status >= 400) return;
  placeOf(control)?.replaceChildren();
  const isAnotherPress = begun.get(ctx) > saidAt && !control.closest("[hidden]");
  if (control === cause || isAnotherPress) dismiss();
});

// An error is shown nowhere unless `hx-status` names its place.
document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  ctx.swap = "none";
});

const isInView = (element) => {
  const { top, bottom, height } = element.getBoundingClientRect();
  return height > 0 && bottom > 0 && top < innerHeight;
};

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const { response, swap, target, text, sourceElement: control } = ctx;
  if (!(response?.status >= 400)) return;
  const place = typeof target === "string" ? document.querySelector(target) : target;
  const hasPlace = swap !== "none" && place?.isConnected;
  if (!hasPlace && !text.includes("<hx-partial")) report(wordsOf(ctx), control);
  else if (hasPlace && place.textContent.trim() && !isInView(place))
    copy(place.textContent.trim(), control);
});

/** What an answer says about an error: the server's sentence, but no page of a proxy. */
export function wordsOf({ text, response }) {
  const isSentence = text.trim() && !/^\s*</.test(text);
  return isSentence ? text.trim() : `${byId("failure").dataset.error} (${response.status})`;
}
