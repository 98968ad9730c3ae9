// Copies a letter's address, or hands it to the device's own menu. Without this script it can be copied by hand.

for (const ways of document.querySelectorAll("[data-share]")) start(ways);

function start(ways) {
  const section = ways.closest("section");
  const field = section.querySelector("input");
  const said = section.querySelector("[role=status]");
  const [copy, share] = ["copy", "share"].map((act) => ways.querySelector(`[data-act=${act}]`));
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    said.textContent = (await copied(field)) ? copy.dataset.done : copy.dataset.failed;
  });
  const what = { title: ways.dataset.title, url: field.value };
  share.hidden = !navigator.share;
  share.addEventListener("click", () => {
    navigator.share(what).catch(() => {}); // closing the menu is no fault
  });
}

/** Browsers keep the clipboard from pages that came without encryption, as onion services do: those copy what is selected. */
async function copied(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.select();
    return document.execCommand("copy");
  }
}
