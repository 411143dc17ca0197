"use strict";
// Shows which box belongs to which row, both ways, while the pointer or the focus is on one of them.
(() => {
  function parts(id) {
    return document.querySelectorAll(`[data-result="${CSS.escape(id)}"]`);
  }

  function light(event, on) {
    const element = event.target.closest?.("[data-result]");
    if (element) parts(element.dataset.result).forEach((part) => part.classList.toggle("lit", on));
  }

  for (const [name, on] of [["pointerover", true], ["pointerout", false], ["focusin", true], ["focusout", false]]) {
    document.addEventListener(name, (event) => light(event, on));
  }
})();
