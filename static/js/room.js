// A room's pointer: a leader's page says where it is, a follower's shows it.

(() => {
  let at = null; // where it is, as the newest event said
  let telling = false; // whether a request is under way

  async function tell(section) {
    telling = true;
    const sent = at;
    const { room, pointer } = section.dataset;
    await fetch(pointer, { method: "POST", headers: { Room: room }, body: new URLSearchParams(sent ?? {}) }).catch(() => {});
    telling = false;
    if (sent !== at) tell(section);
  }

  document.addEventListener("laser", ({ detail }) => {
    const section = document.querySelector("[data-pointer]");
    at = detail;
    if (section && !telling) tell(section);
  });
  document.addEventListener("pointer", ({ detail }) => window.laserAt?.(JSON.parse(detail.data)));
})();
