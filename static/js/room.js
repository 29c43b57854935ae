// A room's pointer: a leader's page says where it is, a follower's shows it. And where the leader goes, the class goes.

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
  // The tab in which the room was opened leads: what it comes to is shown. A page opened beside it is not, unless asked to be.
  document.addEventListener("click", ({ target }) => {
    if (target.closest?.("#lead, #show-page")) sessionStorage.setItem("leads", "from now on");
  });
  addEventListener("pageshow", () => {
    const code = document.querySelector("[data-room]")?.dataset.room;
    if (!code || !["from now on", code].includes(sessionStorage.getItem("leads"))) return;
    document.getElementById("show-page").click();
    sessionStorage.setItem("leads", code);
  });
  document.addEventListener("pointer", ({ detail }) => window.laserAt?.(JSON.parse(detail.data)));
})();
