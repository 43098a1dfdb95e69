// What scrolls by itself, on a narrow screen for instance, can be reached and scrolled by keyboard.
"use strict";

(function () {
  const boxes = ".bd-article :is(table, figure, pre, div.math, .cell_output, .cell_output > .output)";
  // all is measured before anything is changed: a long table would be laid out anew for each of its cells
  const mark = () => {
    const found = [...document.querySelectorAll(boxes)].map((box) => [box,
      box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== "visible"]);
    for (const [box, scrolls] of found) {
      if (scrolls) box.tabIndex = 0;
      else if ("tlScrolls" in box.dataset) box.removeAttribute("tabindex");
      box.toggleAttribute("data-tl-scrolls", scrolls);
    }
  };
  mark();
  window.addEventListener("load", mark);
  window.addEventListener("resize", mark);
})();

// The theme's icons are named by their buttons, and a button or a fold with words on it by these words.
for (const icon of document.querySelectorAll("button > i")) {
  icon.setAttribute("aria-hidden", "true");
  icon.removeAttribute("title");
}
for (const button of document.querySelectorAll(".search-button-field, .bd-article summary")) {
  button.removeAttribute("aria-label");
}

// Entries of the bibliography are no list items; their frame says it is a list.
for (const list of document.querySelectorAll(".citation-list[role=list]")) {
  list.removeAttribute("role");
}
