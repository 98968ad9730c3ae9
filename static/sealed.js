// Sealed signatures in the browser: RSABSSA-SHA384-PSS-Deterministic (RFC 9474) with BigInt and WebCrypto alone.
// Draws a receipt, hides a token, opens and checks what the server signed. Touches no page, no network, no storage.
// docs/sealed.md says what every value is; the other side is petitions/crypto/blind.py and tokens.py.

const SIZE = 384; // bytes of modulus, signature and everything hidden: 3072 bits
const HEAD = "308201a2300d06092a864886f70d01010105000382018f003082018a0282018100"; // of a public key, up to its modulus
const TAIL = "0203010001"; // after it: the exponent
const EXPONENT = 65537n;
const SALT = 48; // bytes; a number, never "whatever is found": a salt could carry a message
const DIGEST = 48; // bytes of SHA-384
const KEY_LINE = /^undersigned1-key\.([-\w]{1,80})\.([0-9a-f]{64})\.([-\w]+)$/;
const TOKEN = /^undersigned1\.([-\w]{1,80})\.([0-9a-f]{64})\.([0-9a-f]{64})\.([0-9a-f]{64})$/;
const ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ";
const RECEIPT = /^[2-9A-HJKMNP-TV-Z]{28}$/;

/** Why something was not done; `reason` is for the page to put into words:
 *  no-webcrypto   the page was not loaded over HTTPS, from this machine, or from an onion address
 *  bad-key        not a key line, or a key that could be made to recognize people
 *  bad-answer     what the server sent is not its signature of what was hidden
 *  bad-token      not a token, a signature and a receipt that belong together
 *  other-letter   the token is for another letter
 *  other-key      the letter shows another key than the one the token was made for: do not go on */
export class Refused extends Error {
  constructor(reason) {
    super(reason);
    this.name = "Refused";
    this.reason = reason;
  }
}

function refuse(reason) {
  throw new Refused(reason);
}

// --- What a page uses -----------------------------------------------------------------------------------------

/** Browsers give no cryptography to pages that came over plain HTTP. */
export function isPossible() {
  return Boolean(globalThis.crypto?.subtle);
}

/** The key in a key line. Another size, exponent, kind or spelling is refused: one key has one id. */
export async function readKey(line) {
  if (!isPossible()) refuse("no-webcrypto");
  const [, letter, version, text] = KEY_LINE.exec(line.trim()) ?? refuse("bad-key");
  const spki = bytesOf(text) ?? refuse("bad-key");
  const modulus = modulusOf(hexOf(spki)) ?? refuse("bad-key");
  const algorithm = { name: "RSA-PSS", hash: "SHA-384" };
  const verifier = await crypto.subtle
    .importKey("spki", spki, algorithm, false, ["verify"])
    .catch(() => refuse("bad-key"));
  return { letter, version, id: hexOf(await sha("SHA-256", spki)), modulus, size: SIZE, verifier };
}

/** A new token, hidden: `blinded` is for the server; `secret` (three texts) stays here until `reveal`. */
export async function hide(key) {
  const receipt = newReceipt();
  const token = `undersigned1.${key.letter}.${key.version}.${key.id}.${await numberOf(receipt)}`;
  const { blinded, inverse } = await blind(key, utf8(token));
  return { blinded: textOf(blinded), secret: { token, receipt, inverse: inverse.toString(16) } };
}

/** What to keep, `{token, signature, receipt}`, out of the server's `{blind_signature, key_id}`. */
export async function reveal(key, secret, answer) {
  const blindSignature = bytesOf(answer.blind_signature) ?? refuse("bad-answer");
  if (answer.key_id !== key.id) refuse("other-key");
  const signature = await finalize(key, utf8(secret.token), blindSignature, BigInt(`0x${secret.inverse}`));
  const kept = { token: secret.token, signature: textOf(signature), receipt: secret.receipt };
  await check(key, kept);
  return kept;
}

/** Whether what was kept will count under the key that the letter shows now; gives the token's parts. */
export async function check(key, { token, signature, receipt }) {
  const [, letter, version, keyId, number] = TOKEN.exec(token) ?? refuse("bad-token");
  if (letter !== key.letter) refuse("other-letter");
  if (keyId !== key.id) refuse("other-key");
  if (!RECEIPT.test(receipt) || number !== (await numberOf(receipt))) refuse("bad-token");
  const bytes = bytesOf(signature) ?? refuse("bad-token");
  if (!(await verify(key, utf8(token), bytes))) refuse("bad-token");
  return { letter, version, keyId, number };
}

/** The file that people keep: their words, then three lines that `readFile` and the offline tool read. */
export function fileText({ token, signature, receipt }, words = "") {
  const comment = words.split("\n").map((line) => `# ${line}`.trim());
  const grouped = receipt.match(/.{4}/g).join("-");
  return [...comment, "", `token: ${token}`, `signature: ${signature}`, `receipt: ${grouped}`, ""].join("\n");
}

/** The three values of such a file; they still have to be checked. */
export function readFile(text) {
  const value = (name) => {
    const found = [...text.matchAll(new RegExp(`^${name}:[ \\t]*(\\S+)[ \\t]*\\r?$`, "gm"))];
    return found.length === 1 ? found[0][1] : refuse("bad-token");
  };
  const receipt = value("receipt").replaceAll("-", "").toUpperCase();
  return { token: value("token"), signature: value("signature"), receipt };
}

// --- RFC 9474; the key gives modulus, size in bytes, and verifier ----------------------------------------------

/** Blind (4.2). Salt and factor are drawn here and are no parameters, so that nothing can be smuggled in them. */
export async function blind({ modulus, size }, message) {
  const value = numberIn(await encoded(message, modulus.toString(2).length - 1));
  if (inverseOf(value, modulus) === null) refuse("bad-key");
  const { factor, inverse } = newFactor(modulus, size);
  return { blinded: bytesIn((value * power(factor, EXPONENT, modulus)) % modulus, size), inverse };
}

/** Finalize (4.4): the signature, once it was verified. */
export async function finalize(key, message, blindSignature, inverse) {
  if (blindSignature.length !== key.size) refuse("bad-answer");
  const signature = bytesIn((numberIn(blindSignature) * inverse) % key.modulus, key.size);
  if (!(await verify(key, message, signature))) refuse("bad-answer");
  return signature;
}

/** Verification (4.5): plain RSA-PSS. */
export function verify(key, message, signature) {
  return crypto.subtle.verify({ name: "RSA-PSS", saltLength: SALT }, key.verifier, signature, message);
}

/** EMSA-PSS (RFC 8017, 9.1.1) with a fresh salt: a number of at most so many bits. */
async function encoded(message, bits) {
  const size = Math.ceil(bits / 8);
  const salt = random(SALT);
  const digest = await sha("SHA-384", joined(new Uint8Array(8), await sha("SHA-384", message), salt));
  const block = joined(new Uint8Array(size - DIGEST - SALT - 2), [1], salt);
  const mask = await maskFrom(digest, block.length);
  const masked = block.map((byte, place) => byte ^ mask[place]);
  masked[0] &= 0xff >> (8 * size - bits);
  return joined(masked, digest, [0xbc]);
}

/** MGF1 (RFC 8017, B.2.1). */
async function maskFrom(seed, length) {
  const parts = [];
  for (let count = 0; count * DIGEST < length; count += 1) {
    parts.push(await sha("SHA-384", joined(seed, [0, 0, 0, count])));
  }
  return joined(...parts).slice(0, length);
}

// --- Keys and receipts ----------------------------------------------------------------------------------------

/** From a public key in hexadecimal. The frame fixes kind, size, exponent and spelling at once; null otherwise. */
function modulusOf(spki) {
  const digits = spki.slice(HEAD.length, -TAIL.length);
  const isFramed = spki === HEAD + digits + TAIL && digits.length === 2 * SIZE;
  return isFramed && /^[89a-f].*[13579bdf]$/.test(digits) ? BigInt(`0x${digits}`) : null;
}

function newReceipt() {
  let receipt = "";
  while (receipt.length < 28) {
    const [byte] = random(1);
    if (byte < 240) receipt += ALPHABET[byte % 30]; // 240 is 8 times 30: no letter is likelier than another
  }
  return receipt;
}

async function numberOf(receipt) {
  return hexOf(await sha("SHA-256", utf8(receipt)));
}

// --- Numbers and bytes ----------------------------------------------------------------------------------------

function random(length) {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** A number drawn evenly from those that have an inverse, and the inverse: what does not fit is thrown away. */
function newFactor(modulus, size) {
  for (;;) {
    const factor = numberIn(random(size));
    const inverse = factor < modulus ? inverseOf(factor, modulus) : null;
    if (inverse !== null) return { factor, inverse };
  }
}

function power(base, exponent, modulus) {
  let result = 1n;
  for (let rest = exponent, square = base; rest > 0n; rest >>= 1n, square = (square * square) % modulus) {
    if (rest & 1n) result = (result * square) % modulus;
  }
  return result;
}

/** Euclid's algorithm; null for zero and for a number that shares a factor with the modulus. */
function inverseOf(value, modulus) {
  let [a, b, x, y] = [value, modulus, 1n, 0n];
  while (b > 0n) {
    const times = a / b;
    [a, b, x, y] = [b, a - times * b, y, x - times * y];
  }
  return a === 1n ? ((x % modulus) + modulus) % modulus : null;
}

const numberIn = (bytes) => BigInt(`0x${hexOf(bytes)}`);
const bytesIn = (value, size) =>
  Uint8Array.from(value.toString(16).padStart(2 * size, "0").match(/../g), (pair) => parseInt(pair, 16));
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const utf8 = (text) => new TextEncoder().encode(text);
const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => Array.from(part)));
const sha = async (name, bytes) => new Uint8Array(await crypto.subtle.digest(name, bytes));

/** base64url without padding. */
function textOf(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The bytes of such a text, white space forgiven; null for anything else, also for a second spelling. */
function bytesOf(text) {
  const plain = String(text).replace(/\s/g, "");
  if (!/^[-\w]+$/.test(plain) || plain.length % 4 === 1) return null;
  const bytes = Uint8Array.from(atob(plain.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return textOf(bytes) === plain ? bytes : null;
}
