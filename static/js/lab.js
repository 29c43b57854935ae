// The expression lab's table and its graph. It holds no state: the page's #state does.

// The table follows the step, and moves nothing else.
document.addEventListener("htmx:after:swap", () => {
  const row = document.querySelector(".nodes [aria-current]");
  const box = row?.closest(".scroll");
  if (!box) return;
  const [inner, outer] = [row.getBoundingClientRect(), box.getBoundingClientRect()];
  const head = box.querySelector("thead").offsetHeight;
  if (inner.top < outer.top + head) box.scrollTop += inner.top - outer.top - head;
  else if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom;
});

// A node that is clicked on is chosen, as if its name had been typed.
document.addEventListener("nodeclick", ({ detail }) => {
  const field = document.getElementById("find");
  field.value = detail;
  field.form.requestSubmit();
  field.value = "";
});
