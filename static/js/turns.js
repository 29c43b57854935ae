// The labs' commands, which wait for each other: their elements say so by hx-sync.

// One that waited is about what the others made: the page's address, its state and text, its run. Where its button means
// something else by now, it is none.
document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  const { body, headers } = ctx.request;
  headers["HX-Current-URL"] = location.href;
  if (!(body instanceof URLSearchParams)) return;
  for (const [name, id] of [["state", "state"], ["text", "code"]]) {
    const field = document.getElementById(id);
    if (body.has(name) && field) body.set(name, field.value);
  }
  const then = body.get("then");
  const now = ctx.sourceElement.getAttribute("hx-post");
  if (!then || now === ctx.request.action) return;
  if (!now?.endsWith(`/${then}`)) return event.preventDefault();
  ctx.request.action = now;
  ctx.swap = ctx.sourceElement.getAttribute("hx-swap");
});

// What comes of a run that is not the page's any more, since another request made a branch of it, is not shown.
document.addEventListener("htmx:after:request", (event) => {
  const stream = document.querySelector("#lab [id^=stream-]");
  const [, run] = /\/runs\/([^/?]+)\//.exec(event.detail.ctx.request.action) ?? [];
  if (run && stream && stream.id !== `stream-${run}`) event.preventDefault();
});
