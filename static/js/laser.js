// The laser pointer: a mark that follows the mouse, and where it is in words that hold on another screen.
// Listen to `laser` on document (detail {id, x, y}: fractions of the box of the element with this id; null when it is gone),
// and show another's with window.laserAt({id, x, y} | null).

window.laserAt = (() => {
  const PLACES = ".plot[id], #picture, .panel[id], form[id], #lab, #main";
  const PAUSE = 1000 / 12; // milliseconds between two events
  let on = false;
  let mouse = null; // where the mouse is in the window, or null
  let led = null; // where another's mark is
  let said = 0; // when the last event was sent
  let later = null; // the timer of the next one
  let before = null; // what it said

  function mark(name) {
    const made = Object.assign(document.createElement("i"), { className: `laser ${name}`, popover: "manual", ariaHidden: "true" });
    document.body.append(made);
    return made;
  }
  const [trail, own, other] = ["trail", "own", "other"].map(mark);

  // In the top layer, so that it is seen over a dialog and in full screen too.
  function show(element, at) {
    const open = element.matches(":popover-open");
    if (!at) return open && element.hidePopover();
    element.style.setProperty("--x", `${at.x}px`);
    element.style.setProperty("--y", `${at.y}px`);
    if (!open) element.showPopover();
  }

  const element = (id) => (id && document.getElementById(id)) || null;

  function placed({ id, x, y }) {
    const box = element(id)?.getBoundingClientRect();
    return box?.width ? { x: box.left + x * box.width, y: box.top + y * box.height } : null;
  }

  function told() {
    if (!on || !mouse) return null;
    const under = document.elementFromPoint(mouse.x, mouse.y);
    const place = under?.closest(PLACES) ?? document.getElementById("main");
    const box = place.getBoundingClientRect();
    const share = (value, start, length) => Math.max(0, Math.min(1, (value - start) / length));
    return { id: place.id, x: share(mouse.x, box.left, box.width), y: share(mouse.y, box.top, box.height) };
  }

  function tell() {
    later = null;
    const detail = told();
    if (detail === before) return; // gone, and said so
    [said, before] = [performance.now(), detail];
    document.dispatchEvent(new CustomEvent("laser", { detail }));
  }

  function moved() {
    for (const each of [trail, own]) show(each, on ? mouse : null);
    later ??= setTimeout(tell, Math.max(0, said + PAUSE - performance.now()));
  }

  document.addEventListener("pointermove", ({ clientX: x, clientY: y }) => {
    mouse = { x, y };
    if (on) moved();
  });
  document.documentElement.addEventListener("pointerleave", () => {
    mouse = null;
    if (on) moved();
  });
  document.addEventListener("click", ({ target, detail, clientX: x, clientY: y }) => {
    const button = target.closest?.("#laser");
    if (!button) return;
    on = !on;
    if (detail) mouse = { x, y };
    button.setAttribute("aria-pressed", String(on));
    document.documentElement.classList.toggle("pointing", on);
    moved();
  });

  const again = () => led && show(other, placed(led));
  addEventListener("resize", again);
  addEventListener("scroll", again, { capture: true, passive: true });
  document.addEventListener("htmx:after:swap", () => requestAnimationFrame(again));
  // What comes later into the top layer covers what was there.
  function raise({ target }) {
    if (target.matches?.(".laser")) return;
    for (const each of [trail, own, other]) if (each.matches(":popover-open")) (each.hidePopover(), each.showPopover());
    again();
  }
  document.addEventListener("fullscreenchange", raise);
  document.addEventListener("toggle", raise, { capture: true }); // of dialogs

  return (at) => {
    led = at;
    show(other, at && placed(at));
  };
})();
