// Requests of a lab wait for each other in htmx's queue: their elements say so by hx-sync. htmx
// reads a request's values when its control is used. One that has waited since then must build on
// what the others made, so this module brings it up to date before it goes out:
// - a field with `data-newest` counts as it is now;
// - a control with `data-command` gives its command to the run that the page shows now.

// The id of the run that this page shows.
const shownRun = () => document.querySelector("#lab [id^=stream-]")?.id.replace("stream-", "");

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  ctx.command = ctx.sourceElement.dataset.command;
});

document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  ctx.run = shownRun();
  const { body, headers } = ctx.request;
  headers["HX-Current-URL"] = location.href;
  if (!(body instanceof URLSearchParams)) return;
  for (const { name, value } of document.querySelectorAll("[data-newest]"))
    if (body.has(name)) body.set(name, value);
  const { sourceElement: control, command } = ctx;
  if (!command) return;
  // Play has become Pause meanwhile: the press meant something that is done.
  if (control.dataset.command !== command) return event.preventDefault();
  ctx.request.action = control.getAttribute("hx-post");
  ctx.swap = control.getAttribute("hx-swap");
});

// An answer about a run that this page no longer shows, since another request made a branch of it.
document.addEventListener("htmx:after:request", (event) => {
  const { run, request } = event.detail.ctx;
  const now = shownRun();
  if (now && run && now !== run && request.action.includes(`/runs/${run}/`)) event.preventDefault();
});
