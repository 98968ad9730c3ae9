#!/usr/bin/env python3
# ruff: noqa: T201
"""Count the signatures of an open letter again, without trusting the site that shows them.

The program reads a letter's bundle: one file that the site gives to everybody. It checks every sealed
signature, counts all of them, computes every hash anew, and says in plain sentences what it found. It is one
file that anybody can read, and needs Python 3.11 or newer and the package 'cryptography'.

  python3 undersigned-verify.py bundle.json         a file
  python3 undersigned-verify.py -                   what is piped in
  python3 undersigned-verify.py --fetch https://... the bundle's address; without --fetch nothing is connected to

With --expect, a hash that you were given elsewhere has to be in the bundle: from the mail, from the PDF, or the
key id of a token. The answer is 0 when everything fits, and 1 when something is wrong.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
import urllib.request
from collections import Counter
from contextlib import suppress

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.hashes import SHA384
    from cryptography.hazmat.primitives.serialization import load_der_public_key
except ImportError:
    sys.exit("This needs the package 'cryptography': python3 -m pip install cryptography")

LARGEST = 2**53 - 1
HEAD = bytes.fromhex("308201a2300d06092a864886f70d01010105000382018f003082018a0282018100")
TAIL = bytes.fromhex("0203010001")  # around a modulus of 384 bytes: the one form that a key may have
SIZE = 384
PSS = padding.PSS(mgf=padding.MGF1(SHA384()), salt_length=48)

TOLD = 20  # what is wrong is listed up to here

SHOWS = """\
What this shows: nobody without the key added a sealed signature, each of them counts once, the parts make up the
total, and the texts and lists are those that the hashes name.
What it does not show: who the signers are, and that the names are real, for names are as typed. Nor that the site
added none: it holds the key, and could sign for mailboxes that nobody proved. How many tokens a key has signed is
what the site says, as of the last batch. The same is so of signatures that are anonymous by policy, and of how
employment was proved."""


class NotABundle(Exception):
    """Said to the person in plain words."""


# --- What a bundle looks like ------------------------------------------------------------------------------
HASH = re.compile(r"[0-9a-f]{64}")
WORD = re.compile(r"[a-z_]{1,20}")
NUMBER, TEXT, TRUTH = int, str, bool
COUNT = {
    "total": NUMBER,
    "named": NUMBER,
    "anonymous": {"sealed": NUMBER, "by_policy": NUMBER},
    "by_proof": {WORD: NUMBER},
}
BUNDLE = {
    "format": re.compile("undersigned1-bundle"),
    "letter": re.compile(r"[-\w]{1,80}", re.ASCII),
    "sealed": [
        {"number": HASH, "version": HASH, "key_id": HASH, "signature": re.compile(r"[-\w]{512}", re.ASCII)}
    ],
    "named": [TEXT],
    "count": COUNT,
    "versions": [
        {
            "number": NUMBER,
            "sha256": HASH,
            "title": TEXT,
            "text": TEXT,
            "demands": [{"number": NUMBER, "title": TEXT, "text": TEXT}],
        }
    ],
    "public_keys": [
        {"proof": WORD, "key_id": HASH, "spki": re.compile(r"[-\w]{563}", re.ASCII), "issued": NUMBER}
    ],
    "snapshots": [
        {
            "number": NUMBER,
            "reason": WORD,
            "version": HASH,
            "count": COUNT,
            "sha256": HASH,
            "is_todays_list": TRUTH,
        }
    ],
}


def misfit(value, shape, place):
    """Where the value first differs from its shape; None where it fits."""
    if isinstance(shape, dict):
        return misfit_of_object(value, shape, place)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return place
        found = (misfit(part, shape[0], f"{place}[{index}]") for index, part in enumerate(value))
        return next(filter(None, found), None)
    return None if is_simple(value, shape) else place


def misfit_of_object(value, shape, place):
    """Exactly these members, or, where the shape has one pattern, any whose names are like it."""
    if not isinstance(value, dict):
        return place
    if WORD in shape:
        shape = {name: shape[WORD] for name in value if WORD.fullmatch(name)}
    if value.keys() != shape.keys():
        return place
    found = (misfit(value[name], shape[name], f"{place}.{name}") for name in shape)
    return next(filter(None, found), None)


def is_simple(value, shape):
    if type(value) is str and shape is not NUMBER and shape is not TRUTH:
        return is_whole(value) if shape is TEXT else bool(shape.fullmatch(value))
    return type(value) is shape and (shape is TRUTH or 0 <= value <= LARGEST)


def is_whole(text):
    """Half a character can be written in JSON, but never hashed."""
    with suppress(UnicodeEncodeError):
        text.encode()
        return True
    return False


def read(text):
    """The bundle in this text. Raises `NotABundle`."""
    try:
        bundle = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise NotABundle("This is not a bundle, or a part of it is missing. Please fetch it again.") from None
    place = misfit(bundle, BUNDLE, "bundle")
    if place:
        raise NotABundle(
            f"This is not a bundle that this program knows: {place[:100]!a} is not as it should be."
        )
    return bundle


def once(pairs):
    """No name twice: programs differ about which of the two they read."""
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError
    return dict(pairs)


# --- Hashes and signatures ---------------------------------------------------------------------------------
def hash_of(value):
    """SHA-256 over canonical JSON (RFC 8785): all names are ASCII here and all numbers whole."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def bytes_of(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def has_form(spki):
    modulus = spki[len(HEAD) : -len(TAIL)]
    is_framed = spki == HEAD + modulus + TAIL and len(modulus) == SIZE
    return is_framed and modulus[0] >= 128 and modulus[-1] % 2 == 1


def is_signed(key, token, signature):
    with suppress(InvalidSignature):
        key.verify(signature, token.encode("ascii"), PSS, SHA384())
        return True
    return False


def doubled(values):
    return [value for value, times in Counter(values).items() if times > 1]


# --- The recount -------------------------------------------------------------------------------------------
class Recount:
    """What a bundle holds, counted here, and what is wrong with it."""

    def __init__(self, bundle):
        self.bundle = bundle
        self.wrong = []
        self.keys = self.read_keys()
        self.check_versions()
        self.counted = self.count_sealed()  # by key id: different tokens that are rightly signed
        self.named = len(bundle["named"])
        self.check_count()
        self.is_today = [self.check_snapshot(snapshot) for snapshot in bundle["snapshots"]]

    def read_keys(self):
        keys, rows = {}, self.bundle["public_keys"]
        for row in rows:
            spki = bytes_of(row["spki"])
            if not has_form(spki):
                self.wrong.append(f"The key {row['key_id']} is not of the one form that keys have.")
            elif hashlib.sha256(spki).hexdigest() != row["key_id"]:
                self.wrong.append(f"The key that is called {row['key_id']} has another key id.")
            else:
                keys[row["key_id"]] = load_der_public_key(spki)
        self.refuse_doubled("proof", [row["proof"] for row in rows], "has more than one key")
        self.refuse_doubled("key", [row["key_id"] for row in rows], "stands there more than once")
        return keys

    def check_versions(self):
        for version in self.bundle["versions"]:
            content = {name: version[name] for name in ("title", "text", "demands")}
            if hash_of(content) != version["sha256"]:
                self.wrong.append(
                    f"The text of version {version['number']} is not the one that its hash names."
                )
        for name in ("number", "sha256"):
            self.refuse_doubled(f"version {name}", [row[name] for row in self.bundle["versions"]])

    def count_sealed(self):
        counted, seen = Counter(), set()
        versions = {version["sha256"] for version in self.bundle["versions"]}
        for row in self.bundle["sealed"]:
            reason = self.refusal(row, versions)
            if reason:
                self.wrong.append(f"The sealed signature {row['number']} does not count: {reason}.")
            elif row["number"] not in seen:
                counted[row["key_id"]] += 1
            seen.add(row["number"])
        self.refuse_doubled("token number", [row["number"] for row in self.bundle["sealed"]])
        for key in self.bundle["public_keys"]:
            if counted[key["key_id"]] > key["issued"]:
                self.wrong.append(
                    f"More tokens are counted than the key {key['key_id']} has signed: "
                    f"{counted[key['key_id']]:,} of {key['issued']:,}."
                )
        return counted

    def refusal(self, row, versions):
        if row["version"] not in versions:
            return "it is for a text that this letter never had"
        if row["key_id"] not in self.keys:
            return "its key is none of this letter's"
        parts = (self.bundle["letter"], row["version"], row["key_id"], row["number"])
        token = "undersigned1." + ".".join(parts)
        if not is_signed(self.keys[row["key_id"]], token, bytes_of(row["signature"])):
            return "its key has not signed it"
        return None

    def check_count(self):
        count = self.bundle["count"]
        self.check_sums("The count", count)
        for shown, found, words in (
            (count["named"], self.named, "signatures with a name, but the list has"),
            (count["anonymous"]["sealed"], self.sealed, "sealed signatures, but so many tokens are good:"),
        ):
            if shown != found:
                self.wrong.append(f"The count says {shown:,} {words} {found:,}.")
        for key in self.bundle["public_keys"]:
            counted, shown = self.counted[key["key_id"]], count["by_proof"].get(key["proof"], 0)
            if counted > shown:
                self.wrong.append(
                    f"The count says {shown:,} by {key['proof']}, but {counted:,} tokens are of that key."
                )

    def check_sums(self, what, count):
        for parts, words in (
            ([count["named"], *count["anonymous"].values()], "kinds"),
            (count["by_proof"].values(), "proofs"),
        ):
            if sum(parts) != count["total"]:
                self.wrong.append(
                    f"{what} says {count['total']:,} in all, but its {words} make {sum(parts):,}."
                )

    def check_snapshot(self, snapshot):
        """Whether its list is today's. The older ones are not told: who has withdrawn since stands in them."""
        self.check_sums(f"Snapshot {snapshot['number']}", snapshot["count"])
        if snapshot["version"] not in {version["sha256"] for version in self.bundle["versions"]}:
            self.wrong.append(f"Snapshot {snapshot['number']} is of a text that this letter never had.")
        picture = {
            "letter": self.bundle["letter"],
            "version": snapshot["version"],
            "count": snapshot["count"],
            "list": sorted(self.bundle["named"]),
        }
        is_same, is_as_long = hash_of(picture) == snapshot["sha256"], snapshot["count"]["named"] == self.named
        if snapshot["is_todays_list"] and not is_same:
            self.wrong.append(f"The hash of snapshot {snapshot['number']} is not that of the list.")
        if snapshot["is_todays_list"] and not is_as_long:
            self.wrong.append(
                f"Snapshot {snapshot['number']} counts another number of names than its list has."
            )
        return is_same and is_as_long

    def refuse_doubled(self, what, values, words="stands there more than once"):
        self.wrong += [f"The {what} {value} {words}." for value in doubled(values)]

    def expect(self, value):
        bundle = self.bundle
        known = {row["sha256"] for row in bundle["versions"] + bundle["snapshots"]}
        known |= {row["key_id"] for row in bundle["public_keys"]} | {
            row["number"] for row in bundle["sealed"]
        }
        if value not in known:
            self.wrong.append(f"What you expected is not in this bundle: {value[:100]!a}.")

    @property
    def sealed(self):
        return sum(self.counted.values())

    @property
    def by_policy(self):
        return self.bundle["count"]["anonymous"]["by_policy"]

    @property
    def total(self):
        return self.named + self.sealed + self.by_policy


# --- What is said ------------------------------------------------------------------------------------------
def sentences(recount):
    bundle = recount.bundle
    yield f"Letter: {bundle['letter']}"
    yield ""
    yield f"{recount.total:,} signatures, counted here:"
    yield f"  {recount.named:,} with a name: the list has as many lines."
    if erased := bundle["named"].count(""):
        yield f"    {erased:,} of them were erased, long after closing: that they stood there is the site's word."
    yield f"  {recount.sealed:,} sealed: as many different tokens are signed by a key of this letter."
    yield f"  {recount.by_policy:,} anonymous by policy: the site says so, and nothing in this file shows it."
    proofs = sorted(bundle["count"]["by_proof"].items())
    yield "Proved by, as the site says: " + (
        ", ".join(f"{name} {number:,}" for name, number in proofs) or "-"
    )
    yield ""
    yield "Compare these with the letter's page, your mail, your PDF and your token:"
    for version in bundle["versions"]:
        yield f"  text, version {version['number']}: {version['sha256']}"
    for key in bundle["public_keys"]:
        yield f"  key id ({key['proof']}): {key['key_id']}"
        yield f"    {key['issued']:,} tokens signed up to the last batch, {recount.counted[key['key_id']]:,} counted"
    for snapshot, is_today in zip(bundle["snapshots"], recount.is_today, strict=True):
        yield f"  list, snapshot {snapshot['number']} ({snapshot['reason']}): {snapshot['sha256']}"
        state = "its list is today's" if is_today else "not computed: names came or went since"
        yield f"    {snapshot['count']['total']:,} signatures; {state}"
    yield ""
    yield SHOWS
    yield ""
    yield from verdict(recount.wrong)


def verdict(wrong):
    if not wrong:
        yield "EVERYTHING FITS."
        return
    yield "THIS IS WRONG:"
    yield from (f"  {sentence}" for sentence in wrong[:TOLD])
    if len(wrong) > TOLD:
        yield f"  and {len(wrong) - TOLD:,} more."


def figures(recount):
    """The same for programs."""
    bundle = recount.bundle
    return {
        "letter": bundle["letter"],
        "total": recount.total,
        "named": recount.named,
        "sealed": recount.sealed,
        "by_policy": recount.by_policy,
        "by_proof": bundle["count"]["by_proof"],
        "versions": [{name: row[name] for name in ("number", "sha256")} for row in bundle["versions"]],
        "keys": [
            {name: row[name] for name in ("proof", "key_id", "issued")}
            | {"counted": recount.counted[row["key_id"]]}
            for row in bundle["public_keys"]
        ],
        "snapshots": [
            {name: row[name] for name in ("number", "reason", "sha256")} | {"is_todays_list": is_today}
            for row, is_today in zip(bundle["snapshots"], recount.is_today, strict=True)
        ],
        "wrong": recount.wrong,
    }


def content(chosen):
    if chosen.fetch:
        if not chosen.bundle.startswith(("https://", "http://")):
            raise NotABundle("With --fetch, please give an address that starts with https://.")
        with urllib.request.urlopen(chosen.bundle, timeout=60) as answer:  # noqa: S310, the scheme is checked
            return answer.read()
    if chosen.bundle == "-":
        return sys.stdin.buffer.read()
    with open(chosen.bundle, "rb") as file:
        return file.read()


def parser():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument(
        "bundle", metavar="BUNDLE", help="a file; - for what is piped in; with --fetch an address"
    )
    asked.add_argument("--fetch", action="store_true", help="get the bundle from its address")
    asked.add_argument("--json", action="store_true", help="say it for programs")
    asked.add_argument(
        "--expect", metavar="HASH", action="append", default=[], help="has to be in the bundle"
    )
    return asked


def main():
    chosen = parser().parse_args()
    try:
        recount = Recount(read(content(chosen)))
    except NotABundle as reason:
        sys.exit(str(reason))
    except OSError as problem:
        sys.exit(f"This cannot be read: {problem}")
    for value in chosen.expect:
        recount.expect("".join(value.split()).lower())
    if chosen.json:
        print(json.dumps(figures(recount), indent=2))
    else:
        print("\n".join(sentences(recount)))
    sys.exit(1 if recount.wrong else 0)


if __name__ == "__main__":
    main()
