// A key does what the button does that names it in `data-key`, on every page: playground/keys.py is the table.
// Here is nothing but that, the dialog that lists the keys, full screen, and the controls that fold away.

(() => {
  const TYPED = "textarea, select, [contenteditable], input:not([type=radio], [type=checkbox], [type=range], [type=button], [type=submit])";
  const MOVES = ["arrowleft", "arrowright", "arrowup", "arrowdown", "home", "end", "pageup", "pagedown"];
  const HELD = ["arrowleft", "arrowright", "+", "-"]; // do it again while they are held down

  // Whether a key means something where the focus is, so that it is no shortcut there.
  function taken(target, key) {
    if (!(target instanceof Element)) return false;
    if (target.closest(TYPED)) return true;
    if (target.matches("input[type=range]")) return MOVES.includes(key);
    if (target.matches("input[type=radio], input[type=checkbox]")) return key === "space" || MOVES.includes(key);
    if (target.closest("[role=application]") && MOVES.includes(key)) return true;
    return key === "space" && Boolean(target.closest("button, summary, a, [role=button]"));
  }

  // Whoever only follows a room has no button to press in it.
  const named = (name, key) =>
    [...document.querySelectorAll(`[${name}]`)].find((each) => each.getAttribute(name).split(" ").includes(key) && !each.closest("[inert]"));

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const key = event.key === " " ? "space" : event.key.toLowerCase();
    if (taken(event.target, key)) return;
    const dialog = document.querySelector("dialog:modal");
    const button = named("data-key", key);
    const field = named("data-focus-key", key);
    if (dialog) {
      if (button && dialog.id === button.dataset.opens) dialog.close();
      return;
    }
    if (!button && !field) return;
    event.preventDefault();
    if (event.repeat && (!HELD.includes(key) || button?.classList.contains("htmx-request"))) return;
    if (button) button.click();
    else field.focus();
  });

  // Full screen is the content without the bar; a page that may not says nothing.
  function fill() {
    if (document.fullscreenElement) return document.exitFullscreen();
    return document.getElementById("main").requestFullscreen?.().catch(() => {});
  }

  // Until a person says otherwise the theme does: the projector's controls are folded away.
  function shown() {
    const { theme, controls: how } = document.documentElement.dataset;
    return how ? how === "shown" : theme !== "projector";
  }
  const fold = () => controls(shown() ? "hidden" : "shown");
  function controls(how) {
    const { path } = document.getElementById("controls").dataset;
    document.documentElement.dataset.controls = how;
    document.cookie = `controls=${how}; path=${path}; samesite=lax${how ? "" : "; max-age=0"}`;
    document.getElementById("controls").setAttribute("aria-pressed", String(shown()));
  }

  // The theme after the one that is chosen or, where none is, after the system's.
  function next() {
    const buttons = [...document.querySelectorAll(".themes button")];
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const chosen = document.documentElement.dataset.theme || system;
    buttons[(buttons.findIndex(({ value }) => value === chosen) + 1) % buttons.length].click();
  }

  const ACTS = { fill, fold, next };
  document.addEventListener("click", ({ target }) => {
    const act = target.closest?.("[data-act]")?.dataset.act;
    ACTS[act]?.();
    const opens = target.closest?.("[data-opens]")?.dataset.opens;
    if (opens) document.getElementById(opens).showModal();
    if (target.closest?.("[data-closes]") || target.matches?.("dialog.help")) target.closest("dialog").close();
  });
  // A weight that is chosen is set by a control: it comes with them.
  document.addEventListener("click", ({ target }) => target.id === "weigh" && !shown() && controls("shown"));
  // Another theme begins with its own choice.
  document.addEventListener("themechosen", () => document.getElementById("controls") && controls(""));
})();
