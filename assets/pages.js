// What scrolls by itself, on a narrow screen for instance, can be reached and scrolled by keyboard.
"use strict";

(function () {
  const boxes = ".bd-article :is(table, figure, pre, div.math, .cell_output > .output)";
  const mark = () => {
    for (const box of document.querySelectorAll(boxes)) {
      const scrolls = box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== "visible";
      if (scrolls) box.tabIndex = 0;
      else if ("tlScrolls" in box.dataset) box.removeAttribute("tabindex");
      box.toggleAttribute("data-tl-scrolls", scrolls);
    }
  };
  mark();
  window.addEventListener("load", mark);
  window.addEventListener("resize", mark);
})();
