// The code page of an anonymous signature: makes a token that the site cannot recognize, shows it, and hands it in when
// somebody clicks. Without this script the same page signs by policy. What is calculated stands in sealed.js.

const form = document.querySelector("form[data-sealed]");
const { keyLine, module, redeemUrl, request, slug, tokenUrl, verifyUrl } = form.dataset;
// In this tab, for this mailbox's request alone: `{tries}`, what was hidden, until an answer opened one of them; then
// `{made}`, until that is safe. No error removes anything: the site signs one hidden token for a mailbox.
const KEPT = `undersigned:${slug}:${request}`;
const SAME_FOR_ALL = ["wrong_code", "form", "nothing_asked"]; // refused, whatever hidden token came with it
// The site is not told that this is the browser that had a code: no cookie, no page that it comes from.
const APART = { credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" };
const sealed = await import(module);

if (sealed.isPossible()) start();

function start() {
  const { made } = kept();
  if (made) return show(made);
  for (const part of document.querySelectorAll("[data-when]")) {
    part.hidden = part.dataset.when !== "sealed";
  }
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value === "by_policy") return;
    event.preventDefault();
    ask().catch((error) => say(words(error, form.dataset.failed)));
  });
}

async function ask() {
  const button = form.querySelector("button[data-when=sealed]");
  button.disabled = true;
  try {
    const made = await signed(await hidden());
    keep({ made });
    show(made);
  } finally {
    button.disabled = false;
  }
}

/** What this tab has hidden, eldest first, with one for the key line of this page; none that surely was never signed. */
async function hidden() {
  const tries = (kept().tries ?? []).filter((tried) => tried.keyLine === keyLine || tried.isOpen);
  if (!tries.some((tried) => tried.keyLine === keyLine)) {
    tries.push({ keyLine, isOpen: false, ...(await sealed.hide(await sealed.readKey(keyLine))) });
  }
  keep({ tries });
  return tries;
}

/** A try is open from sending it until a refusal: without an answer the site may have signed it. */
async function signed(tries) {
  for (const tried of tries) {
    const wasOpen = tried.isOpen;
    tried.isOpen = true;
    keep({ tries });
    try {
      return await answered(tried);
    } catch (error) {
      if (!error.reason || error instanceof sealed.Refused) throw error;
      tried.isOpen = wasOpen;
      keep({ tries });
      if (SAME_FOR_ALL.includes(error.reason) || tried === tries.at(-1)) throw error;
    }
  }
}

async function answered({ keyLine, blinded, secret }) {
  const answer = await post(tokenUrl, {
    code: form.elements.code.value,
    blinded,
    csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value,
  });
  return sealed.reveal(await sealed.readKey(keyLine), secret, answer);
}

function kept() {
  return JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
}

function keep(value) {
  sessionStorage.setItem(KEPT, JSON.stringify(value));
}

/** The site's refusal: a sentence for people, and the reason's name. Without both it is no answer of this page. */
class Told extends Error {
  constructor({ sentence, error }) {
    super(sentence ?? "");
    this.reason = error;
  }
}

async function post(url, fields, options = {}) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams(fields),
    ...options,
  });
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  throw new Told(told);
}

function words(error, otherwise) {
  if (error instanceof Told && error.message) return error.message;
  if (!(error instanceof sealed.Refused)) return otherwise;
  return error.reason === "other-key" ? form.dataset.otherKey : form.dataset.refused;
}

function say(sentence) {
  const place = document.getElementById("sealed-problem");
  place.textContent = sentence;
  place.hidden = false;
  place.focus();
}

/** Counts it, unless the key that strangers are shown is another one: by that, somebody could be recognized. */
async function handIn(made) {
  const page = await fetch(verifyUrl, APART);
  if (!page.ok) throw new Told({});
  const lines = (await page.text()).match(/\bundersigned1-key\.[-\w.]+/g) ?? [];
  const keys = await Promise.all(lines.map(sealed.readKey));
  const key = keys.find(({ id }) => made.token.includes(`.${id}.`));
  if (!key) throw new sealed.Refused("other-key");
  await sealed.check(key, made);
  await post(redeemUrl, { token: made.token, signature: made.signature }, APART);
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
  file.addEventListener("click", forget);
  addEventListener("beforeunload", warn);
  choose(made, part);
  const main = document.getElementById("main");
  main.replaceChildren(page);
  main.querySelector("h1").focus();
}

function choose(made, part) {
  const [problem, now, later] = [part("problem"), part("now"), part("later")];
  const [choice, counted, waiting] = [part("choice"), part("counted"), part("waiting")];
  const settle = (said) => {
    forget();
    [choice.hidden, said.hidden, problem.hidden] = [true, false, true];
    said.focus();
  };
  now.addEventListener("click", async () => {
    now.disabled = true;
    try {
      await handIn(made);
      settle(counted);
    } catch (error) {
      [problem.textContent, problem.hidden] = [words(error, form.dataset.later), false];
    } finally {
      now.disabled = false;
    }
  });
  later.addEventListener("click", () => settle(waiting));
}

/** The token is counted, or in somebody's hands: this tab keeps nothing of it. */
function forget() {
  sessionStorage.removeItem(KEPT);
  removeEventListener("beforeunload", warn);
}

function warn(event) {
  event.preventDefault();
}
