// A token that was made: kept in this tab until it is safe, shown as text and as a file, handed in when somebody clicks.
// What is calculated stands in sealed.js, how a token is asked for in token.js.

const place = document.getElementById("token-made");
const { module, redeemUrl, slug, verifyUrl } = place.dataset;
// Here stand tokens alone, eldest first: `{owner, made, few}`; `owner` is the request that it was made for.
const KEPT = `undersigned:${slug}:made`;
// The site is not told that this is the browser that had a code: no cookie, no page that it comes from.
const APART = { credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" };
const sealed = await import(module);

/** The newest whose owner begins so. */
export function found(owner) {
  return kept().findLast((token) => token.owner.startsWith(owner));
}

export function keep(token) {
  store([...others(token), token]);
}

/** Nothing is handed in before somebody clicks. */
export function show(token) {
  const page = place.content.cloneNode(true);
  const part = (name) => page.querySelector(`[data-part=${name}]`);
  const text = sealed.fileText(token.made, part("file").dataset.words);
  part("text").textContent = text.replace(/^#.*\n/gm, "").trim();
  part("receipt").textContent = token.made.receipt.match(/.{4}/g).join("-");
  for (const advice of page.querySelectorAll("[data-few]")) advice.hidden = !token.few;
  part(token.few ? "now" : "later").classList.add("is-quiet");
  const file = part("file");
  file.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  for (const [taken, name] of [[file, "click"], [part("text"), "copy"]]) taken.addEventListener(name, () => forget(token));
  addEventListener("beforeunload", warn);
  choose(token, part);
  const main = document.getElementById("main");
  main.replaceChildren(page);
  main.querySelector("h1").focus();
}

function choose(token, part) {
  const [title, problem, choice, now, later] = ["title", "problem", "choice", "now", "later"].map(part);
  const [counted, waiting, file, spent] = ["counted", "waiting", "file", "token"].map(part);
  const settle = (said) => {
    [choice.hidden, said.hidden, problem.hidden] = [true, false, true];
    title.textContent = said.dataset.title;
    title.focus();
  };
  now.addEventListener("click", async () => {
    now.disabled = true;
    try {
      await handIn(token.made);
      forget(token);
      settle(counted);
      spent.hidden = true; // of use is now the receipt alone
    } catch (error) {
      [problem.textContent, problem.hidden] = [words(error, place.dataset.later), false];
    } finally {
      now.disabled = false;
    }
  });
  later.addEventListener("click", () => {
    settle(waiting);
    file.classList.remove("is-quiet");
  });
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

// --- In this tab ----------------------------------------------------------------------------------------------

function kept() {
  return JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
}

function others({ owner }) {
  return kept().filter((token) => token.owner !== owner);
}

function store(tokens) {
  if (tokens.length) sessionStorage.setItem(KEPT, JSON.stringify(tokens));
  else sessionStorage.removeItem(KEPT);
}

/** The token is counted, saved or copied: this tab keeps nothing of it. */
function forget(token) {
  store(others(token));
  removeEventListener("beforeunload", warn);
}

function warn(event) {
  event.preventDefault();
}

// --- What the site says ---------------------------------------------------------------------------------------

/** The site's refusal: a sentence for people, and the reason's name. Without both it is no answer of this page. */
export class Told extends Error {
  constructor({ sentence, error }) {
    super(sentence ?? "");
    this.reason = error;
  }
}

export async function post(url, fields, options = {}) {
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

/** What people are told of an error. */
export function words(error, otherwise) {
  if (error instanceof Told && error.message) return error.message;
  if (!(error instanceof sealed.Refused)) return otherwise;
  return error.reason === "other-key" ? place.dataset.otherKey : place.dataset.refused;
}
