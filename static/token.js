// Anonymous signing, on the page for the code from the mail and on the one for invitations: makes a token that the site
// cannot recognize. Without this script the same pages sign by policy. Afterwards: made.js.

const { doneUrl, failed, made: madeUrl, module, slug, way } = document.getElementById("token-made").dataset;
const form = document.querySelector("form[data-sealed]"); // none when this browser asked for nothing, or no more
const SAME_FOR_ALL = ["wrong_code", "form", "nothing_asked"]; // refused, whatever hidden token came with it
const PATIENCE = 3000; // milliseconds
const sealed = await import(module);
const { found, keep, post, show, words } = await import(madeUrl);

if (sealed.isPossible()) start();

async function start() {
  const token = found(form?.dataset.request ? `${way}-${form.dataset.request}` : way);
  if (token) {
    await forgetRequest();
    show(token);
  } else if (form) {
    arrange();
    addEventListener("pageshow", arrange); // a browser that comes back fills in what was chosen
    form.addEventListener("change", arrange);
    form.addEventListener("submit", (event) => {
      if (!isAnonymous() || event.submitter?.value === "by_policy") return;
      event.preventDefault();
      ask().catch(told);
    });
  }
}

/** On the code page that was settled before. */
function isAnonymous() {
  return !form.elements.appear || form.elements.appear.value === "anonymous";
}

function arrange() {
  const shown = isAnonymous() ? "sealed" : "by-policy";
  for (const part of document.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== shown;
}

async function ask() {
  const button = form.querySelector("button[data-when=sealed]");
  button.disabled = true;
  try {
    const asked = await request();
    const token = { owner: asked.owner, ...(await signed(asked)) };
    keep(token);
    remember(asked.owner, []);
    await forgetRequest();
    show(token);
  } finally {
    button.disabled = false;
  }
}

/** Whose it is, the key line for it, and what shows the site that they may sign. */
async function request() {
  const { code, invitation } = form.elements;
  const { formerKeyLine, formerLetter, keyLine } = form.dataset;
  if (code) return { owner: `${way}-${form.dataset.request}`, keyLine, proof: { code: code.value } };
  const meant = invitation.value.normalize("NFKC").toUpperCase().replace(/[-\u2010-\u2014\s]/g, "");
  const lines = meant.startsWith(formerLetter) ? [formerKeyLine, keyLine] : [keyLine, formerKeyLine];
  return { owner: `${way}-${await nameOf(meant)}`, keyLine: lines.find(Boolean), proof: { invitation: invitation.value } };
}

/** Tells one invitation from another inside this tab, which does not keep the code. */
async function nameOf(code) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(code)));
  return Array.from(digest.slice(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What was sent and got no answer may have been signed: asked for again before anything new, eldest first. */
async function signed({ owner, keyLine, proof }) {
  const open = unanswered(owner);
  const isNew = !open.some((tried) => tried.keyLine === keyLine);
  const tries = isNew ? [...open, { keyLine, ...(await sealed.hide(await sealed.readKey(keyLine))) }] : open;
  for (const tried of tries) {
    remember(owner, open.includes(tried) ? open : tries);
    try {
      return await answered(tried, proof);
    } catch (error) {
      if (!error.reason || error instanceof sealed.Refused) throw error;
      remember(owner, open);
      if (SAME_FOR_ALL.includes(error.reason) || tried === tries.at(-1)) throw error;
    }
  }
}

async function answered({ keyLine, blinded, secret }, proof) {
  const key = await sealed.readKey(keyLine);
  const answer = await post(form.dataset.tokenUrl, { ...proof, ...secretOfForm(), blinded, version: key.version });
  const few = answer.few ?? form.dataset.few === "true";
  return { made: await sealed.reveal(key, secret, answer), few };
}

function secretOfForm() {
  return { csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value };
}

/** The token is safe here, so the cookie with the address has done its work. Before anything can be handed in: the two
 *  are to have nothing in common, and no moment either. Without an answer the cookie goes by itself, within the hour. */
async function forgetRequest() {
  if (!form) return;
  await post(doneUrl, secretOfForm(), { signal: AbortSignal.timeout(PATIENCE) }).catch(() => {});
}

// --- In this tab: what was hidden and sent, for one request, until an answer opened one of them -----------------------

function unanswered(owner) {
  return JSON.parse(sessionStorage.getItem(`undersigned:${slug}:${owner}`) ?? "[]");
}

function remember(owner, tries) {
  const name = `undersigned:${slug}:${owner}`;
  if (tries.length) sessionStorage.setItem(name, JSON.stringify(tries));
  else sessionStorage.removeItem(name);
}

// --- What people are told -----------------------------------------------------------------------------------------

async function told(error) {
  if (error.reason === "corrected" && form.elements.version) await renew().catch(() => {});
  const problem = document.getElementById("sealed-problem");
  problem.textContent = words(error, failed);
  problem.hidden = false;
  problem.focus();
}

/** What this page says of the text comes anew, and nothing typed is lost. */
async function renew() {
  const answer = await fetch(location.pathname + location.search);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("form[data-sealed]");
  Object.assign(form.dataset, { ...fresh.dataset });
  form.querySelector("[data-version]").replaceWith(fresh.querySelector("[data-version]"));
}
