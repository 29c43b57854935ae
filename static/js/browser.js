// A random name that all frames of this browser share, so that the server knows how many streams
// the browser holds. A frame on another site has no cookie that would say it. The frames tell each
// other their names; the smallest counts. It is stored nowhere, and ends with the last of them.

const channel = new BroadcastChannel("browser");
let name = String(crypto.getRandomValues(new Uint32Array(1))[0]);

channel.addEventListener("message", ({ data }) => {
  if (data < name) name = data;
  else if (data > name) channel.postMessage(name);
});
channel.postMessage(name);

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  ctx.request.headers.Browser = name;
});
