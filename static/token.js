// The code page of an anonymous signature: makes a token that the site cannot recognize, shows it, and hands it in when
// somebody clicks. Without this script the same page signs by policy. What is calculated stands in sealed.js.

const form = document.querySelector("form[data-sealed]");
const { tokenUrl, redeemUrl, keyLine, module, slug } = form.dataset;
const KEPT = `undersigned:${slug}`; // in this tab, from asking until the answer: a lost answer can be fetched again
const sealed = await import(module);

if (sealed.isPossible()) start();

function start() {
  for (const part of document.querySelectorAll("[data-when]")) {
    part.hidden = part.dataset.when !== "sealed";
  }
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value === "by_policy") return;
    event.preventDefault();
    ask().catch((error) => say(words(error)));
  });
}

async function ask() {
  const button = form.querySelector("button[data-when=sealed]");
  button.disabled = true;
  try {
    const key = await sealed.readKey(keyLine);
    const hidden = await kept(key);
    const answer = await post(tokenUrl, {
      code: form.elements.code.value,
      blinded: hidden.blinded,
      csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value,
    });
    const made = await sealed.reveal(key, hidden.secret, answer);
    sessionStorage.removeItem(KEPT);
    show(made);
  } finally {
    button.disabled = false;
  }
}

/** The hidden token of this tab: the same one for a second try, because the site signs one for a mailbox. */
async function kept(key) {
  const before = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  if (before?.secret.token.includes(`.${key.version}.${key.id}.`)) return before;
  const hidden = await sealed.hide(key);
  sessionStorage.setItem(KEPT, JSON.stringify(hidden));
  return hidden;
}

class Told extends Error {}

async function post(url, fields, options = {}) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams(fields),
    ...options,
  });
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  if (told.error && told.error !== "wrong_code") sessionStorage.removeItem(KEPT);
  throw new Told(told.sentence ?? "");
}

function words(error) {
  if (error instanceof Told && error.message) return error.message;
  return error instanceof sealed.Refused ? form.dataset.refused : form.dataset.failed;
}

function say(sentence) {
  const place = document.getElementById("sealed-problem");
  place.textContent = sentence;
  place.hidden = false;
  place.focus();
}

/** The token as text and as a file. Nothing is handed in before somebody clicks. */
function show(made) {
  const page = document.getElementById("token-made").content.cloneNode(true);
  const part = (name) => page.querySelector(`[data-part=${name}]`);
  const text = sealed.fileText(made, part("file").dataset.words);
  part("text").textContent = text.replace(/^#.*\n/gm, "").trim();
  part("receipt").textContent = made.receipt.match(/.{4}/g).join("-");
  const file = part("file");
  file.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const [problem, now, later] = [part("problem"), part("now"), part("later")];
  const [choice, counted, waiting] = [part("choice"), part("counted"), part("waiting")];
  now.addEventListener("click", async () => {
    now.disabled = true;
    try {
      // Without cookies: the site is not told that this is the browser that had a code.
      await post(redeemUrl, { token: made.token, signature: made.signature }, { credentials: "omit" });
      [choice.hidden, counted.hidden, problem.hidden] = [true, false, true];
      counted.focus();
    } catch (error) {
      [problem.textContent, problem.hidden] = [words(error), false];
    } finally {
      now.disabled = false;
    }
  });
  later.addEventListener("click", () => {
    [choice.hidden, waiting.hidden] = [true, false];
    waiting.focus();
  });
  const main = document.getElementById("main");
  main.replaceChildren(page);
  main.querySelector("h1").focus();
}
