// Texts to the clipboard and plots to files, in both labs.

// Where there is no clipboard, as over plain HTTP, the text stands selected.
async function copy(field) {
  const said = document.getElementById("copied");
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    said.textContent = "Copied.";
  } catch {
    said.textContent = "Selected: copy it with Ctrl+C.";
  }
}

document.addEventListener("click", ({ target }) => {
  const from = target.closest("[data-copy]");
  if (from) copy(document.querySelector(from.dataset.copy));
  const picture = target.closest("[data-picture]");
  if (!picture) return;
  const { picture: format, plot, plots } = picture.dataset;
  const ids = plot ? [plot] : [...document.querySelectorAll(`${plots} .js-plotly-plot`)].map(({ id }) => id);
  for (const id of ids) {
    const save = id === "picture" ? window.saveNetwork : window.savePicture;
    save(id, format, picture.dataset.file ?? id);
  }
});
