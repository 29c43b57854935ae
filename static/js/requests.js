// Requests of a lab wait for each other in htmx's queue: their elements say so by hx-sync. htmx
// reads a request's values when its control is used. One that has waited since then must build on
// what the others made, so this module brings it up to date before it goes out:
// - a field with `data-newest` counts as it is now;
// - a control with `data-command` gives its command to the run that the page shows now;
// - of a control with `data-latest` only the newest request goes out.
//
// A request that changes nothing (a GET, or one from inside `data-repeats`) is sent again until the
// server answers it; what waits behind it goes out after it. failures.js reports all others.

import { report, serverIsBack, wordsOf } from "./failures.js";

const AWAY = [502, 504]; // what a proxy answers while the server is away
const BUSY = [429, 503]; // what a server answers that has no time now; it says how long
const LONGEST_PAUSE = 60; // seconds; who has to wait longer reads so
const LONGEST_ANSWER = 60_000; // milliseconds until a connection counts as dead

const newest = new WeakMap(); // control → its newest request

// The id of the run that this page shows.
const shownRun = () => document.querySelector("#lab [id^=stream-]")?.id.replace("stream-", "");

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const { command, latest } = ctx.sourceElement.dataset;
  ctx.command = command;
  if (latest !== undefined) newest.set(ctx.sourceElement, ctx);
});

document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  ctx.run = shownRun();
  if (!bringUpToDate(ctx)) return event.preventDefault();
  if (!isRepeatable(ctx)) return;
  clearTimeout(ctx.requestTimeout);
  ctx.fetch = () => sendUntilAnswered(ctx);
});

const isRepeatable = ({ request, sourceElement: control }) =>
  request.method === "GET" || control.closest("[data-repeats]") !== null;

// Whether the request is still wanted, with its values as they are now.
function bringUpToDate(ctx) {
  const { body, headers } = ctx.request;
  if ((newest.get(ctx.sourceElement) ?? ctx) !== ctx) return false;
  headers["HX-Current-URL"] = location.href;
  if (!(body instanceof URLSearchParams)) return true;
  for (const { name, value } of document.querySelectorAll("[data-newest]"))
    if (body.has(name)) body.set(name, value);
  const { sourceElement: control, command } = ctx;
  if (!command) return true;
  // Play has become Pause meanwhile: the press meant something that is done.
  if (control.dataset.command !== command) return false;
  ctx.request.action = control.getAttribute("hx-post");
  ctx.swap = control.getAttribute("hx-swap");
  return true;
}

// One attempt. Its time limit ends with the head of the answer: a stream may last.
async function send({ action, signal, ...request }) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), LONGEST_ANSWER);
  try {
    return await fetch(action, { ...request, signal: AbortSignal.any([signal, limit.signal]) });
  } finally {
    clearTimeout(timer);
  }
}

async function sendUntilAnswered(ctx) {
  const { signal } = ctx.request;
  for (;;) {
    const response = await send(ctx.request).catch(() => null);
    if (signal.aborted) throw signal.reason;
    const seconds = Number(response?.headers.get("Retry-After") ?? Infinity);
    if (response && BUSY.includes(response.status) && seconds <= LONGEST_PAUSE) {
      report(wordsOf({ text: await response.text(), response }), ctx.sourceElement);
      await new Promise((done) => setTimeout(done, 1000 * seconds));
    } else if (response && !AWAY.includes(response.status)) return response;
    else await serverIsBack();
    if (!bringUpToDate(ctx)) throw new DOMException("A newer request replaces it.", "AbortError");
  }
}

// An answer about a run that this page no longer shows, since another request made a branch of it.
document.addEventListener("htmx:after:request", (event) => {
  const { run, request } = event.detail.ctx;
  const now = shownRun();
  if (now && run && now !== run && request.action.includes(`/runs/${run}/`)) event.preventDefault();
});
