// A field with `data-keeps` keeps what was typed while its tab is closed, or the page loads again,
// until the server has accepted it. The tab's storage holds it, by the field's id.

const STORAGE_PREFIX = "field ";

function keep({ id, value }) {
  try {
    sessionStorage.setItem(STORAGE_PREFIX + id, value);
  } catch {
    // A text that is too large for the storage stays on the page only.
    sessionStorage.removeItem(STORAGE_PREFIX + id);
  }
}

function restore() {
  for (const field of document.querySelectorAll("[data-keeps]")) {
    const text = sessionStorage.getItem(STORAGE_PREFIX + field.id);
    if (!text || field.value) continue;
    field.value = text;
    const fold = field.closest("details");
    if (fold) fold.open = true;
  }
}

for (const event of ["input", "change"])
  document.addEventListener(event, ({ target }) => {
    if (target.dataset.keeps !== undefined) keep(target);
  });
document.addEventListener("htmx:after:swap", restore);
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (ctx.response.status >= 400) return;
  for (const { id } of ctx.sourceElement.querySelectorAll("[data-keeps]"))
    sessionStorage.removeItem(STORAGE_PREFIX + id);
});
restore();
