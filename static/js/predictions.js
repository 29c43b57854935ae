// Where the focus goes while gradients are predicted: to the field of a new question, and after a
// right answer to the button that goes on.

import { byId } from "./contract.js";

const FIELDS = "textarea, input:not(#answer), select"; // a person who uses one stays there

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  ctx.hadQuestion = Boolean(byId("answer"));
  ctx.isAnswer = Boolean(ctx.sourceElement.closest("form.predict"));
});

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const field = byId("answer");
  if (field && (ctx.isAnswer || ctx.hadQuestion === false)) {
    if (document.activeElement?.matches(FIELDS)) return;
    field.focus();
    field.select();
  } else if (!field && ctx.isAnswer) document.querySelector("[data-onwards]")?.focus();
});
