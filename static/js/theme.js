// Switches the theme's table of custom properties when the server says which one was selected.

import { announce, listen } from "./contract.js";

listen("theme", ({ detail }) => {
  const theme = detail.value ?? detail;
  for (const table of document.querySelectorAll("[data-theme-table]"))
    table.media = table.dataset.themeTable === theme ? "all" : "not all";
  document.documentElement.dataset.theme = theme;
  for (const button of document.querySelectorAll(".themes button"))
    button.setAttribute("aria-pressed", String(button.value === theme));
  announce("themechange", { by: "person" });
});

const system = matchMedia("(prefers-color-scheme: dark)");
system.addEventListener("change", () => announce("themechange", { by: "system" }));
