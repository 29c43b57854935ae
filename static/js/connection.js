// When this page holds its streams. A browser opens six connections to a server, in all its tabs
// together, so a page holds a stream only while it is visible and something moves. When its run
// stands still, the server lets the page go with the event `still`. A page without a stream asks for
// the present state when it is shown, focused or used. A hidden page says that it is hidden, and the
// run plays on for it; a page that closes says so too.
//
// The streams are htmx's: <div hx-sse:connect="address" hx-sse:close="still" hx-trigger="never">.

const STREAMS = "[hx-sse\\:connect]";

const links = new WeakMap(); // stream element → what is known of its stream:
// address: where it was opened; isBusy: it is open or opens; connection: htmx's, once it is open;
// isOld: the page has another address for it by now; hasEnded: the server has nothing more to say.
let isLeft = false; // whether the reader is leaving this page
let pages = null; // the channel to this browser's other pages

const streams = () => [...document.querySelectorAll(STREAMS)];
const isStream = (element) => element?.matches?.(STREAMS);
const addressOf = (element) => element.getAttribute("hx-sse:connect");
const mayHold = (link) => !document.hidden && !isLeft && !link.isOld;

function linkOf(element) {
  if (!links.has(element)) links.set(element, {});
  return links.get(element);
}

function open(element) {
  const link = linkOf(element);
  const address = addressOf(element);
  if (link.isBusy && link.address !== address) {
    link.isOld = true;
    drop(link);
  }
  if (link.isBusy || link.hasEnded || !mayHold(link)) return;
  Object.assign(link, { address, isBusy: true });
  const { connectTimeout: timeout } = htmx.config.sse;
  htmx.ajax("GET", address, { source: element, timeout });
}

// End a stream; htmx asks before it connects again, and this module says no.
function drop({ connection }) {
  if (connection?.reader) connection.reader.cancel();
  else connection?.abortController.abort();
}

const openAll = () => streams().forEach(open);

// Tell the server that this page is hidden or closed, whatever becomes of the page.
function tell(is) {
  for (const element of streams()) {
    drop(linkOf(element));
    const { presence } = element.dataset;
    if (presence) navigator.sendBeacon(presence, new URLSearchParams({ is }));
  }
}

document.addEventListener("htmx:sse:before:connection", (event) => {
  const link = linkOf(event.target);
  link.connection = event.detail.connection;
  if (!mayHold(link)) event.preventDefault();
});
document.addEventListener("htmx:sse:after:connection", ({ target }) => {
  const link = linkOf(target);
  if (!mayHold(link)) drop(link);
});
document.addEventListener("htmx:sse:close", ({ target, detail }) => {
  if (!isStream(target)) return;
  const { address } = linkOf(target);
  const hasEnded = detail.reason === "message" && target.getAttribute("hx-sse:close") === "end";
  links.set(target, { hasEnded });
  if (addressOf(target) !== address) open(target);
});
// A stream that the server refused.
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  const link = isStream(ctx.sourceElement) && linkOf(ctx.sourceElement);
  if (link && !link.connection) link.isBusy = false;
});

// A control is used: what it changes is shown by a stream, here and on this browser's other pages,
// which may stand beside this one. Laser pointers change nothing.
const isPress = ({ sourceElement }) => !isStream(sourceElement) && sourceElement.id !== "pointer";
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (isPress(ctx)) openAll();
});
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (!isPress(ctx)) return;
  openAll();
  if (ctx.request.method !== "GET") pages?.postMessage("changed");
});
document.addEventListener("htmx:after:swap", openAll);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) openAll();
  else if (!isLeft) tell("hidden");
});
addEventListener("focus", openAll);
addEventListener("pagehide", () => {
  isLeft = true;
  tell("closed");
  pages?.close(); // a page with an open channel would not come back as it was
});
addEventListener("pageshow", () => {
  isLeft = false;
  pages = new BroadcastChannel("pages");
  pages.addEventListener("message", openAll);
  openAll();
});
if (document.hidden) tell("hidden"); // opened in the background
openAll();
