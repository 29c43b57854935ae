// The bar's links to the labs lead back to what this tab showed there last: the run, or the text.

const PREFIX = "lab "; // of the names in the tab's storage

const links = () => document.querySelectorAll("[data-lab]");

addEventListener("pagehide", () => {
  const here = document.querySelector("[data-lab][aria-current]");
  if (here) sessionStorage.setItem(PREFIX + here.dataset.lab, location.pathname + location.search);
});

function lead(link) {
  const address = sessionStorage.getItem(PREFIX + link.dataset.lab);
  if (link.ariaCurrent) link.href = location.pathname + location.search;
  else if (address) link.href = address;
}

// An address may change without a new page, so it is looked up when the link is used.
for (const event of ["pointerdown", "focusin", "click"])
  document.addEventListener(
    event,
    ({ target }) => {
      const link = target.closest?.("[data-lab]");
      if (link) lead(link);
    },
    { capture: true },
  );
addEventListener("pageshow", () => links().forEach(lead));
