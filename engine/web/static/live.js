"use strict";
// Refreshes one region of the page. The request says that nobody clicked, so it does not keep the session alive.
(() => {
  const region = document.querySelector("[data-live]");
  const state = document.getElementById("live-state");
  const seconds = Number(region.dataset.seconds);
  let last = region.innerHTML;

  function keyOf(element) {
    return region.contains(element) ? element.getAttribute("href") : null;
  }

  function show(html) {
    if (html === last) return;
    const key = keyOf(document.activeElement);
    const scrolled = region.querySelector(".wide")?.scrollLeft ?? 0;
    region.innerHTML = html;
    last = html;
    const wide = region.querySelector(".wide");
    if (wide) wide.scrollLeft = scrolled;
    if (key) region.querySelector(`a[href="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  }

  function say(text) {
    if (state.textContent !== text) state.textContent = text;
  }

  async function refresh() {
    if (document.hidden) return;
    try {
      const answer = await fetch(region.dataset.live, { headers: { "X-Headrace-Poll": "1" }, cache: "no-store" });
      if (answer.status === 401) {
        location.assign("/login");
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      show(await answer.text());
      say(`refreshes every ${seconds} s`);
    } catch {
      say("the engine does not answer; figures are old");
    }
  }

  say(`refreshes every ${seconds} s`);
  setInterval(refresh, seconds * 1000);
  document.addEventListener("visibilitychange", refresh);
})();
