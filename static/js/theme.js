// Switches the theme's table of custom properties when the server says that it is chosen.
document.addEventListener("theme", ({ detail }) => {
  const chosen = detail.value ?? detail;
  for (const table of document.querySelectorAll("[data-theme-table]"))
    table.media = table.dataset.themeTable === chosen ? "all" : "not all";
  document.documentElement.dataset.theme = chosen;
  for (const button of document.querySelectorAll(".themes button"))
    button.setAttribute("aria-pressed", String(button.value === chosen));
  document.dispatchEvent(new Event("themechosen"));
  document.dispatchEvent(new Event("themechange"));
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new Event("themechange")));
