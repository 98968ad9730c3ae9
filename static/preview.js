// Shows a letter as it is typed, a moment after the last key. Without this script the buttons do the same when pressed.

const PAUSE = 800; // milliseconds
const form = document.getElementById("letter_form");
const panel = document.querySelector(".typed");
const buttons = [...panel.querySelectorAll("button[formtarget=typed]")];
const beside = matchMedia("(min-width: 80rem)");
let chosen = buttons[0];
let timer = 0;
let number = 0;
let isLoading = false;
let isStale = false;

for (const button of buttons) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    choose(button);
    show();
    if (!beside.matches) panel.scrollIntoView({ block: "start" });
  });
}
for (const type of ["input", "change"]) form.addEventListener(type, later);
choose(chosen);
later();

// The icon in Django's list of workplaces has a name, and no role that may have one.
addEventListener("load", () => {
  for (const icon of document.querySelectorAll(".search-label-icon")) icon.setAttribute("role", "img");
});

function choose(button) {
  chosen = button;
  for (const each of buttons) each.setAttribute("aria-pressed", String(each === chosen));
}

function later() {
  clearTimeout(timer);
  if (beside.matches) timer = setTimeout(show, PAUSE);
}

/** In a new frame, so that going back leads to the page before and not through every preview. */
function show() {
  if (isLoading) {
    isStale = true;
    return;
  }
  const old = panel.querySelector("iframe");
  const fresh = old.cloneNode();
  fresh.name = chosen.formTarget = `typed-${(number += 1)}`;
  fresh.hidden = true;
  old.after(fresh);
  isLoading = true;
  fresh.addEventListener("load", () => swap(old, fresh), { once: true });
  form.requestSubmit(chosen);
}

function swap(old, fresh) {
  const top = old.contentWindow && old.contentDocument ? old.contentWindow.scrollY : 0;
  old.remove();
  fresh.hidden = false;
  if (fresh.contentDocument) fresh.contentWindow.scrollTo(0, top);
  isLoading = false;
  if (isStale) {
    isStale = false;
    show();
  }
}
