// A lesson's band. It looks at the lab after everything that is done there, brings what a task
// asks for into view, and puts the focus where one goes on.

import { byId, listen } from "./contract.js";

const PATIENCE = 2000; // milliseconds from one look at a run that plays to the next
const FIRST = "#lesson [data-place-first]"; // the button of the first task that is not done

let timer;

function look() {
  clearTimeout(timer);
  timer = undefined;
  byId("lesson-look")?.requestSubmit();
}

// Every command of the lab ends with a swap.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const source = ctx.sourceElement;
  if (!byId("lesson")) return;
  if (source.id === "lesson-form") return goOn();
  if (source.closest("#lab") && !source.matches("[id^=stream-]")) look();
});
listen("frame", () => {
  if (document.querySelector(FIRST)) timer ??= setTimeout(look, PATIENCE);
});

// A wrong answer is selected, to be typed over; after a right one the next step is one key away.
function goOn() {
  const answer = byId("lesson-answer");
  if (answer?.getAttribute("aria-invalid")) {
    answer.focus();
    answer.select();
  } else if (byId("lesson-next")?.classList.contains("button")) byId("lesson-next").focus();
}

// Below the band, which stays at the top of the window.
function bringIntoView(id) {
  const place = document.getElementById(id);
  if (!place) return;
  if (!place.checkVisibility()) byId("controls")?.click();
  const band = byId("lesson").offsetHeight;
  document.documentElement.style.scrollPaddingTop = `${band + 8}px`;
  place.scrollIntoView({ block: "nearest" });
}

document.addEventListener("click", ({ target }) => {
  const id = target.closest?.("[data-place]")?.dataset.place;
  if (id) bringIntoView(id);
});
addEventListener("load", () => {
  const first = document.querySelector(FIRST);
  if (first) bringIntoView(first.dataset.place);
});
