// Makes blindrsa_ts.json: what another implementation of RFC 9474 does with keys and tokens of ours, written down
// once, so that tests need neither it nor Node. With a copy of this file in an empty folder:
//
//   npm install @cloudflare/blindrsa-ts@0.4.4
//   node blindrsa_ts.mjs <repository>/static/sealed.js > <repository>/tests/data/blindrsa_ts.json
//
// It also lets each side finish what the other began, and stops if they disagree.

import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { RSABSSA } from "@cloudflare/blindrsa-ts";

const sealed = await import(pathToFileURL(process.argv[2]));
const theirs = RSABSSA.SHA384.PSS.Deterministic();
const text = (bytes) => Buffer.from(bytes).toString("base64url");
const bytes = (value) => new Uint8Array(Buffer.from(value, "base64url"));
const exported = async (format, key) => text(await crypto.subtle.exportKey(format, key));

function keyPair() {
  return RSABSSA.SHA384.generateKey({ modulusLength: 3072, publicExponent: Uint8Array.from([1, 0, 1]) });
}

/** They blind, sign and finalize: all values, for ours to reproduce. */
async function written(pair, line) {
  const message = new TextEncoder().encode(line);
  const { blindedMsg, inv } = await theirs.blind(pair.publicKey, message);
  const blindSignature = await theirs.blindSign(pair.privateKey, blindedMsg);
  const signature = await theirs.finalize(pair.publicKey, message, blindSignature, inv);
  const values = { blinded: blindedMsg, inverse: inv, blind_signature: blindSignature, signature };
  return { message: line, ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, text(value)])) };
}

/** We hide, they sign, we reveal, they verify. */
async function crossed(pair, keyLine) {
  const key = await sealed.readKey(keyLine);
  const { blinded, secret } = await sealed.hide(key);
  const answer = { key_id: key.id, blind_signature: text(await theirs.blindSign(pair.privateKey, bytes(blinded))) };
  const kept = await sealed.reveal(key, secret, answer);
  const message = new TextEncoder().encode(kept.token);
  if (!(await theirs.verify(pair.publicKey, bytes(kept.signature), message))) throw new Error("they disagree");
  return kept.token;
}

const keys = [];
for (let count = 0; count < 2; count += 1) {
  const pair = await keyPair();
  const spki = await exported("spki", pair.publicKey);
  const keyLine = `undersigned1-key.ask-before-you-watch-us.${"5a".repeat(32)}.${spki}`;
  const tokens = [];
  for (let number = 0; number < 2; number += 1) {
    tokens.push(await written(pair, await crossed(pair, keyLine)));
  }
  keys.push({ private: await exported("pkcs8", pair.privateKey), public: spki, tokens });
}
const { version } = JSON.parse(await readFile("node_modules/@cloudflare/blindrsa-ts/package.json"));
const source = `@cloudflare/blindrsa-ts ${version} (Apache-2.0), by tests/data/blindrsa_ts.mjs; base64url`;
console.log(JSON.stringify({ source, keys }, null, 1));
