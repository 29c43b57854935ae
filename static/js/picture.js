// Paints what every neuron computes over the plane onto the canvas under the network's SVG. All maps come as one
// mosaic, 4 bits a dot; where each goes stands in the SVG: <g class="neuron" data-map="index"><rect class="map">.

window.picture = (() => {
  let newest = null; // the newest maps, and their text where they came with the page
  let colours = null; // a level's colour as a pixel; made anew for each theme
  let places = null; // each neuron's square in the canvas's pixels; read anew after a swap or a change of size
  let enlarged = null; // the index of the map that is shown large
  const mosaic = document.createElement("canvas"); // the maps below each other, so that its pixels are the dots in their order
  const LEVELS = 15;

  // A gradient drawn with a pixel a level is the scale, whatever notation the theme writes its colours in.
  function scale() {
    const context = Object.assign(document.createElement("canvas"), { width: LEVELS, height: 1 }).getContext("2d");
    const style = getComputedStyle(document.documentElement);
    const gradient = context.createLinearGradient(0.5, 0, LEVELS - 0.5, 0);
    ["--low", "--middle", "--high"].forEach((name, i) => gradient.addColorStop(i / 2, style.getPropertyValue(name).trim()));
    context.fillStyle = gradient;
    context.fillRect(0, 0, LEVELS, 1);
    return new Uint32Array(context.getImageData(0, 0, LEVELS, 1).data.buffer);
  }

  function unpack({ shape, bdata }) {
    const [neurons, rows, columns] = shape;
    const packed = atob(bdata);
    const image = new ImageData(columns, neurons * rows);
    const dots = new Uint32Array(image.data.buffer);
    colours ??= scale();
    for (let i = 0; i < packed.length; i++) {
      const pair = packed.charCodeAt(i);
      dots[2 * i] = colours[pair & 15];
      dots[2 * i + 1] = colours[pair >> 4];
    }
    if (mosaic.width !== image.width || mosaic.height !== image.height) Object.assign(mosaic, { width: image.width, height: image.height });
    mosaic.getContext("2d").putImageData(image, 0, 0);
  }

  // Lays the canvas out over its container, a pixel of it for each of the screen's.
  function measure(canvas) {
    const ratio = devicePixelRatio;
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const size = { width: Math.round(width * ratio), height: Math.round(height * ratio) };
    if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
    return [...document.querySelectorAll("#picture .neuron[data-map]")].map((neuron) => {
      const square = neuron.querySelector("rect.map").getBoundingClientRect();
      const [x, y] = [Math.round((square.left - left) * ratio), Math.round((square.top - top) * ratio)];
      const [right, bottom] = [Math.round((square.right - left) * ratio), Math.round((square.bottom - top) * ratio)];
      return { map: +neuron.dataset.map, x, y, width: right - x, height: bottom - y };
    });
  }

  // Rows of a map go up, those of a canvas down.
  function place(context, map, { x, y, width, height }) {
    const [, rows, columns] = newest.shape;
    context.setTransform(1, 0, 0, -1, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(mosaic, 0, map * rows, columns, rows, x, -y - height, width, height);
  }

  function repaint() {
    const canvas = document.getElementById("mosaic");
    if (!canvas || !newest) return;
    const moved = !places;
    places ??= measure(canvas);
    const context = canvas.getContext("2d");
    if (moved) {
      context.resetTransform();
      context.clearRect(0, 0, canvas.width, canvas.height);
    }
    for (const square of places) if (square.map < newest.shape[0]) place(context, square.map, square);
    enlarge();
  }

  function paint(maps) {
    newest = maps;
    unpack(maps);
    repaint();
  }

  function enlarge() {
    const figure = document.getElementById("enlarged");
    if (!figure) return;
    if (enlarged === null || enlarged >= newest.shape[0]) {
      figure.hidden = true;
      return;
    }
    const canvas = figure.querySelector("canvas");
    place(canvas.getContext("2d"), enlarged, { x: 0, y: 0, width: canvas.width, height: canvas.height });
    figure.hidden = false;
  }

  // The enlarged map stands beside its neuron, on the side where there is room.
  function show(neuron) {
    const figure = document.getElementById("enlarged");
    if (!figure || !newest) return;
    enlarged = +neuron.dataset.map;
    figure.querySelector("figcaption").textContent = neuron.dataset.title ?? "";
    enlarge();
    const square = neuron.querySelector("rect.map").getBoundingClientRect();
    const { width, height } = figure.getBoundingClientRect();
    const right = square.right + 8;
    const left = right + width < document.documentElement.clientWidth ? right : Math.max(0, square.left - 8 - width);
    const top = (square.top + square.bottom - height) / 2;
    figure.style.left = `${left}px`;
    figure.style.top = `${Math.max(0, Math.min(top, document.documentElement.clientHeight - height))}px`;
  }

  function hide() {
    if (enlarged === null) return;
    enlarged = null;
    enlarge();
  }

  const sizes = new ResizeObserver(() => {
    places = null;
    repaint();
  });

  // What a swap has brought: other squares, and maps where the page came with some.
  let read = "";
  function begin() {
    const picture = document.getElementById("picture");
    sizes.disconnect();
    if (!picture) return;
    sizes.observe(picture);
    places = null;
    const text = document.getElementById("maps")?.textContent ?? "";
    if (text && text !== read) paint(JSON.parse(text));
    else repaint();
    read = text;
    const neuron = enlarged !== null && document.querySelector(`#picture .neuron[data-map="${enlarged}"]`);
    if (neuron) show(neuron);
    else hide();
  }

  const neuronOf = (target) => (target instanceof Element ? target.closest("#picture .neuron[data-map]") : null);
  for (const [come, go] of [["pointerover", "pointerout"], ["focusin", "focusout"]]) {
    document.addEventListener(come, ({ target, relatedTarget }) => {
      const neuron = neuronOf(target);
      if (neuron && neuron !== neuronOf(relatedTarget)) show(neuron);
    });
    document.addEventListener(go, ({ target, relatedTarget }) => {
      const neuron = neuronOf(target);
      if (neuron && neuron !== neuronOf(relatedTarget)) hide();
    });
  }
  // The weight under the pointer: lines are thin, so the nearest within reach is meant.
  const RINGS = [0, 2, 4, 6]; // pixels
  function near({ clientX: x, clientY: y, target }) {
    const picture = target instanceof Element && target.closest("#picture");
    if (!picture || neuronOf(target)) return null;
    for (const reach of RINGS)
      for (const [dx, dy] of [[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]]) {
        const line = document.elementsFromPoint(x + dx * reach, y + dy * reach).find((each) => each.matches("#lines path"));
        if (line) return line;
      }
    return null;
  }
  document.addEventListener("pointermove", (event) => {
    const picture = document.getElementById("picture");
    const line = near(event);
    picture?.classList.toggle("points", Boolean(line));
    picture?.querySelector(".pointed")?.classList.remove("pointed");
    line?.classList.add("pointed");
    if (line) document.getElementById("weight-said").textContent = line.querySelector("title").textContent;
  });

  // A weight or a neuron that is clicked on is chosen for the form below: the page's button says how.
  function choose(chosen) {
    const place = chosen?.dataset.weight;
    if (place === undefined) return;
    document.getElementById("weighed").value = place;
    document.getElementById("weigh").click();
  }
  document.addEventListener("click", (event) => choose(neuronOf(event.target) ?? near(event)));
  // A folded layer or neuron of the graph inside is opened by a click on it, as by its button.
  document.addEventListener("nodeclick", ({ detail }) => {
    const title = /^l\d+$/.test(detail) ? `layer ${detail.slice(1)}` : detail;
    [...document.querySelectorAll("[data-level]")].find((each) => each.dataset.level === title)?.click();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    if (event.key !== "Enter" && event.key !== " ") return;
    if (!neuronOf(event.target)) return;
    event.preventDefault();
    choose(neuronOf(event.target));
  });
  addEventListener("scroll", hide, { capture: true, passive: true });
  document.addEventListener("themechange", () => {
    colours = null;
    if (newest) paint(newest);
  });
  document.addEventListener("htmx:after:swap", () => requestAnimationFrame(begin));

  begin();
  return { paint };
})();
