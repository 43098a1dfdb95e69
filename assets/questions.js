// Makes a page's questions live: a choice shows its explanation. Nothing is stored, nothing is sent.
"use strict";

for (const question of document.querySelectorAll("fieldset.tl-question")) {
  const explanations = question.querySelector(".tl-explanations");
  const feedback = question.querySelector(".tl-feedback");
  question.classList.add("tl-live");
  explanations.open = true; // not shown on a screen (book.css), and whole in print
  feedback.hidden = false; // there before it speaks, so that screen readers listen to it
  for (const button of question.querySelectorAll("input[type=radio]")) {
    button.hidden = false;
  }
  question.addEventListener("change", (event) => {
    const chosen = explanations.querySelector(`[data-option="${event.target.value}"]`);
    const shown = document.createElement("div");
    shown.className = chosen.className;
    shown.append(...chosen.cloneNode(true).childNodes);
    shown.querySelectorAll("[id]").forEach((element) => element.removeAttribute("id"));
    feedback.replaceChildren(shown);
  });
}
