// On the page for a code: a pasted code goes into its form and the focus to the button that sends it, and the button for
// a new code waits until asking makes sense. The page works without it.

const CODE = /(?:^|[^0-9A-Z])([2-9A-HJKMNP-TV-Z]{4})[-\u2010-\u2014\s]?([2-9A-HJKMNP-TV-Z]{4})(?![0-9A-Z])/iu;

for (const field of document.querySelectorAll("input[name=code]")) {
  field.addEventListener("paste", (event) => {
    const found = event.clipboardData.getData("text").match(CODE);
    if (!found) return;
    event.preventDefault();
    field.value = `${found[1]}-${found[2]}`.toUpperCase();
    field.dispatchEvent(new Event("input", { bubbles: true }));
    [...field.form.querySelectorAll("button")].find((button) => button.offsetParent)?.focus();
  });
}

for (const form of document.querySelectorAll("form[data-wait]")) {
  const button = form.querySelector("button");
  const words = button.textContent;
  const ends = Date.now() + 1000 * Number(form.dataset.wait);
  const tick = () => {
    const left = Math.ceil((ends - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? form.dataset.words.replace("{seconds}", left) : words;
    if (left > 0) setTimeout(tick, 250);
  };
  tick();
}
