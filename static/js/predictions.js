// Where the focus goes while gradients are predicted: to the field of a new question, and after a
// right answer to the button that goes on.

import { byId } from "./contract.js";

const FIELDS = "textarea, input:not(#answer), select"; // a person who uses one stays there

// The words of the open question, or nothing.
const question = () => byId("answer") && byId("sentence").textContent;

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  ctx.question = question();
  ctx.isAnswer = Boolean(ctx.sourceElement.closest("form.predict"));
});

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const field = byId("answer");
  if (field && (ctx.isAnswer || ctx.question !== question())) {
    if (document.activeElement?.matches(FIELDS)) return;
    field.focus();
    field.select();
  } else if (!field && ctx.isAnswer) document.querySelector("[data-onwards]")?.focus();
});
