// The expression lab's keys, and commands that wait for each other. It holds no state: the page's #state does.

// A command that waited behind another is about the state that the other made.
document.addEventListener("htmx:before:request", ({ detail }) => {
  const { body } = detail.ctx.request;
  const state = document.getElementById("state");
  if (body instanceof URLSearchParams && body.has("state") && state) body.set("state", state.value);
});

// A key does what the button that names it does, except where the key has a meaning of its own.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { target } = event;
  if (target.matches("input, textarea, select") || (event.key === " " && target.closest("button, summary, a"))) return;
  const button = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key);
  if (!button) return;
  event.preventDefault();
  button.click();
});
