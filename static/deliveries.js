// Shows what becomes of mails while they are under way. Without this script "Reload" does it.

const SECONDS = 3;
const area = document.querySelector("[data-live]");
const said = document.querySelector("[data-live] ~ [role=status]");
watch();

function watch() {
  if (area.querySelector("[data-moving]")) setTimeout(look, SECONDS * 1000);
}

/** Not while nobody looks, nor while somebody is about to press one of its buttons. */
async function look() {
  if (document.hidden || area.contains(document.activeElement) || (await asked())) watch();
}

/** False when there is no more to ask: signed out meanwhile, or the letter is gone. */
async function asked() {
  try {
    const answer = await fetch(area.dataset.live + location.search);
    if (!answer.ok || answer.redirected) return false;
    show(await answer.text());
  } catch {
    // no line at the moment: the next look may find one
  }
  return true;
}

function show(html) {
  const sums = () => area.querySelector(".sums .said")?.textContent.trim();
  const before = sums();
  area.innerHTML = html;
  if (sums() !== before) said.textContent = sums();
}
