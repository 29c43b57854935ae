// The network's picture as a file, and links that say that they are at work.

// The lines and the neurons as one SVG, the maps in it as an image; colours as the theme has them.
function drawnNetwork() {
  const [lines, neurons] = ["lines", "neurons"].map((id) => document.getElementById(id));
  const mosaic = document.getElementById("mosaic");
  const { width, height } = mosaic.getBoundingClientRect();
  const picture = lines.cloneNode(false);
  for (const [name, value] of Object.entries({ xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, width, height })) picture.setAttribute(name, value);
  const ground = document.createElementNS(picture.namespaceURI, "rect");
  for (const [name, value] of Object.entries({ width, height, fill: getComputedStyle(document.documentElement).getPropertyValue("--raised").trim() })) ground.setAttribute(name, value);
  const image = document.createElementNS(picture.namespaceURI, "image");
  for (const [name, value] of Object.entries({ width, height, href: mosaic.toDataURL() })) image.setAttribute(name, value);
  const layer = (svg) => {
    const copy = svg.cloneNode(true);
    const [from, to] = [svg, copy].map((each) => [...each.querySelectorAll("path, rect, text")]);
    from.forEach((each, i) => {
      const style = getComputedStyle(each);
      for (const name of ["fill", "stroke", "stroke-width", "stroke-dasharray", "font", "text-anchor", "dominant-baseline"]) to[i].style.setProperty(name, style.getPropertyValue(name));
    });
    for (const [name, value] of Object.entries({ x: 0, y: 0, width, height })) copy.setAttribute(name, value);
    return copy;
  };
  picture.append(ground, layer(lines), image, layer(neurons));
  return { text: new XMLSerializer().serializeToString(picture), width, height };
}

function download(href, name) {
  const link = Object.assign(document.createElement("a"), { href, download: name });
  link.click();
  if (href.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(href), 1000);
}

window.saveNetwork = (id, format, filename) => {
  const { text, width, height } = drawnNetwork();
  const source = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  if (format === "svg") return download(source, `${filename}.svg`);
  const image = new Image();
  image.onload = () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * height });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => download(URL.createObjectURL(blob), `${filename}.png`));
    URL.revokeObjectURL(source);
  };
  image.src = source;
};

// A file that takes a while is fetched here, so that its link can say so, and say what went wrong.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-prepares]");
  if (!link) return;
  event.preventDefault();
  if (link.ariaDisabled === "true") return;
  const said = document.getElementById("copied");
  const name = link.textContent;
  Object.assign(link, { textContent: link.dataset.prepares, ariaDisabled: "true" });
  const answer = await fetch(link.href, { headers: { "HX-Request": "true" } });
  if (answer.ok) download(URL.createObjectURL(await answer.blob()), "replay.html");
  said.textContent = answer.ok ? "" : await answer.text();
  Object.assign(link, { textContent: name, ariaDisabled: "false" });
});

// The same file can be chosen again: it may have changed.
document.addEventListener("htmx:after:request", ({ target }) => {
  const field = target.querySelector?.("[data-forgets]");
  if (field) field.value = "";
});
