// Put into the page by the measurement, before the page's own scripts: notes when pictures change.
// A picture of the surface counts when it was made and a next animation frame came.
(() => {
  const watched = { received: [], painted: [], changed: {}, pressed: [] };
  window.watched = watched;
  const { received, painted, changed, pressed } = watched;
  const now = () => performance.timeOrigin + performance.now();
  const number = (text, name) => +(text.match(`"${name}":([0-9.e+]+)`)?.[1] ?? NaN);
  document.addEventListener(
    "frame",
    ({ detail: { data } }) => {
      received.push({
        when: now(),
        made: number(data, "at"),
        step: number(data, "step"),
        bytes: data.length,
      });
    },
    true,
  );
  document.addEventListener(
    "click",
    ({ target }) => {
      if (target.closest("#play")) pressed.push({ when: now(), step: received.at(-1)?.step ?? 0 });
    },
    true,
  );
  let last = null;
  function repainted() {
    const newest = received.at(-1);
    if (!newest || newest === last) return;
    last = newest;
    const { made, step } = newest;
    requestAnimationFrame(() => painted.push({ when: now(), made, step }));
  }
  const seen = new Set();
  function look() {
    for (const plot of document.querySelectorAll(".plot")) {
      if (seen.has(plot)) continue;
      seen.add(plot);
      new MutationObserver((records) => {
        if (plot.id === "surface") {
          if (records.some(({ target }) => target.nodeName === "image")) repainted();
        } else {
          changed[plot.id] ??= [];
          changed[plot.id].push(now());
        }
      }).observe(plot, {
        attributes: true,
        childList: true,
        subtree: true,
        attributeFilter: ["d", "height"],
      });
    }
  }
  document.addEventListener("DOMContentLoaded", look);
  document.addEventListener("htmx:after:swap", look);
})();
