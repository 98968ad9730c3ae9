#!/usr/bin/env python3
# ruff: noqa: S105, T201
"""Sign a letter anonymously without trusting the script of a web page.

The program hides a token, so that the site can sign it without seeing it, and takes the hiding off again.
The texts that the site gets to see then fit any mailbox and any counted token equally well. The program
never connects to anything: you paste into it, and you copy out of it. It is one file that anybody can
read, and needs Python 3.11 or newer and nothing else.

BEFORE YOU START
  Use a computer and a network that are not your employer's. The mail with your code can be seen by your
  employer's mail system, and nothing here changes that. Where few people sign anonymously, there are few
  to hide among.

THE WAY
  1. On the letter's page choose the offline program, and copy the letter's key line.
     Run:   python3 undersigned-offline.py blind
     It makes a file with your secret and shows a hidden text. Paste that text into the page.
  2. The page asks for the code from your mailbox, and then shows an answer. Copy the answer.
     Run:   python3 undersigned-offline.py unblind
     It checks the answer, makes a file with your token, and deletes your secret.
  3. Later, better on another day and over another network such as Tor, open the letter's page again.
     Run:   python3 undersigned-offline.py check
     It checks that the letter still shows the same key, and shows the two texts to hand in.
     A token that is not handed in does not count, and is worth nothing once the letter is closed.

YOUR FILES
  undersigned-secret.txt   between steps 1 and 2. It ties your mailbox to your token: show it to nobody.
  undersigned-token.txt    from step 2 on. With it you hand your signature in, and take it back if you want.
  Nobody else who uses this computer can open them, save its administrators; on Windows, whoever can open
  the folder. A deleted file can sometimes be found on the disk again. For no file at all, add --secret -
  or --token - and keep what is shown in a place of your own.

If something does not fit, the program says "Refused" and why. Then nothing was made, and nothing was lost.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import math
import os
import re
import secrets
import sys
from collections import namedtuple

SIZE = 384  # bytes of a key's modulus: 3072 bits
HEAD = bytes.fromhex("308201a2300d06092a864886f70d01010105000382018f003082018a0282018100")
TAIL = bytes.fromhex("0203010001")
EXPONENT = 65537
SALT = DIGEST = 48  # bytes; SHA-384
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
RECEIPT_LENGTH = 28
HASH = "([0-9a-f]{64})"
KEY_LINE = re.compile(rf"undersigned1-key\.([-\w]{{1,80}})\.{HASH}\.([-\w]+)", re.ASCII)
TOKEN = re.compile(rf"undersigned1\.([-\w]{{1,80}})\.{HASH}\.{HASH}\.{HASH}", re.ASCII)
SECRET_NAMES = ("key", "receipt", "inverse")
TOKEN_NAMES = ("token", "signature", "receipt")
SECRET_WORDS = "The secret of an anonymous signature. Show it to nobody. 'unblind' deletes it."
TOKEN_WORDS = (
    "An anonymous signature. It counts once token and signature are handed in; the receipt takes it back."
)

Key = namedtuple("Key", "line letter version modulus id")


class Refused(Exception):
    """Said to the person in plain words."""


# --- RFC 9474, RSABSSA-SHA384-PSS-Deterministic; numbers in RFC 8017 --------------------------------------
def blind(modulus, message):
    """Blind (4.2): the hidden bytes, and the secret number that takes the hiding off."""
    value = int.from_bytes(encoded(modulus, message, secrets.token_bytes(SALT)), "big")
    factor = 0
    while math.gcd(factor, modulus) != 1:
        factor = secrets.randbelow(modulus)
    if math.gcd(value, modulus) != 1:
        raise Refused("The key is not sound. Do not use it; tell somebody you trust.")
    hidden = value * pow(factor, EXPONENT, modulus) % modulus
    return hidden.to_bytes(size_of(modulus), "big"), pow(factor, -1, modulus)


def finalize(modulus, message, answer, inverse):
    """Finalize (4.4): the signature, once it was verified."""
    signature = (int.from_bytes(answer, "big") * inverse % modulus).to_bytes(size_of(modulus), "big")
    if len(answer) != size_of(modulus) or not is_signed(modulus, message, signature):
        raise Refused("The answer is not this key's signature of your hidden text. Copy it again, all of it.")
    return signature


def is_signed(modulus, message, signature):
    """RSASSA-PSS-VERIFY (8.1.2): with the salt found inside, the message must encode to exactly this."""
    number = int.from_bytes(signature, "big")
    if len(signature) != size_of(modulus) or number >= modulus:
        return False
    found = pow(number, EXPONENT, modulus).to_bytes(size_of(modulus), "big")
    length = (modulus.bit_length() + 6) // 8
    masked, digest = found[-length : -DIGEST - 1], found[-DIGEST - 1 : -1]
    salt = xor(masked, mask_from(digest, len(masked)))[-SALT:]
    return found == encoded(modulus, message, salt).rjust(size_of(modulus), b"\x00")


def encoded(modulus, message, salt):
    """EMSA-PSS-ENCODE (9.1.1)."""
    bits = modulus.bit_length() - 1
    digest = sha384(bytes(8) + sha384(message) + salt)
    block = (b"\x01" + salt).rjust((bits + 7) // 8 - DIGEST - 1, b"\x00")
    masked = int.from_bytes(xor(block, mask_from(digest, len(block))), "big")
    masked &= (1 << (bits - 8 * (DIGEST + 1))) - 1
    return masked.to_bytes(len(block), "big") + digest + b"\xbc"


def mask_from(seed, length):
    """MGF1 (B.2.1)."""
    counts = range(-(-length // DIGEST))
    return b"".join(sha384(seed + count.to_bytes(4, "big")) for count in counts)[:length]


def xor(one, other):
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def sha384(data):
    return hashlib.sha384(data).digest()


def size_of(modulus):
    return (modulus.bit_length() + 7) // 8


# --- Keys, tokens, texts -----------------------------------------------------------------------------------
def read_key(line):
    """A key line. The frame around the modulus fixes kind, size, exponent and spelling at once."""
    match = KEY_LINE.fullmatch(line)
    if not match:
        raise Refused("That is not a key line. It starts with 'undersigned1-key.' and is one long line.")
    letter, version, text = match.groups()
    spki = from_text(text)
    modulus = int.from_bytes(spki[len(HEAD) : len(HEAD) + SIZE], "big")
    is_framed = spki == HEAD + modulus.to_bytes(SIZE, "big") + TAIL
    if not is_framed or modulus.bit_length() != 8 * SIZE or modulus % 2 == 0:
        raise Refused("The key is not like every other key of this kind. It could be made to recognize you.")
    return Key(line, letter, version, modulus, hashlib.sha256(spki).hexdigest())


def token_of(key, receipt):
    number = hashlib.sha256(receipt.encode("ascii")).hexdigest()
    return f"undersigned1.{key.letter}.{key.version}.{key.id}.{number}"


def read_receipt(text):
    receipt = text.upper().replace("-", "")
    if len(receipt) != RECEIPT_LENGTH or not set(receipt) <= set(ALPHABET):
        raise Refused("The receipt is damaged: it has 28 letters and digits.")
    return receipt


def grouped(receipt):
    return "-".join(receipt[start : start + 4] for start in range(0, len(receipt), 4))


def to_text(data):
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def from_text(text):
    """base64url without padding, in its one spelling."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        data = b""
    if not data or to_text(data) != text:
        raise Refused("The text is damaged: a part is missing, or something else is in it. Copy it again.")
    return data


# --- What is pasted, and files -----------------------------------------------------------------------------
def tell(words):
    print(words, file=sys.stderr, flush=True)


def ask(name):
    """One pasted line, with or without its name before it."""
    tell(f"Paste the {'key line' if name == 'key' else name}, and press Enter:")
    line = "".join(sys.stdin.readline().split()).removeprefix(f"{name}:")
    if not line:
        raise Refused("Nothing was pasted.")
    return line


def collect(path, names):
    """The values of a file of ours, or asked for one by one."""
    if path == "-":
        return [ask(name) for name in names]
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read(100_000)
    found = [re.findall(rf"^{name}:[ \t]*(\S+)[ \t]*$", text, re.MULTILINE) for name in names]
    if any(len(values) != 1 for values in found):
        raise Refused(f"{path} is not a file of this program, or it was changed.")
    return [values[0] for values in found]


def put(path, names, values, words):
    """A new file that only this user can read; an older one is never written over."""
    lines = [f"{name}: {value}" for name, value in zip(names, values, strict=True)]
    if path == "-":
        print("\n".join(lines), flush=True)
        return
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused(f"{path} is there already, and may be needed. Move it away, or name another.") from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write("\n".join([f"# {words}", "", *lines, ""]))
        file.flush()
        os.fsync(file.fileno())
    tell(f"Written: {path}")


# --- The three steps ---------------------------------------------------------------------------------------
def run_blind(chosen):
    key = read_key(ask("key"))
    if chosen.key_id and chosen.key_id.lower() != key.id:
        raise Refused("The key is another one than you expected. Somebody may want to recognize you by it.")
    receipt = "".join(secrets.choice(ALPHABET) for _ in range(RECEIPT_LENGTH))
    hidden, inverse = blind(key.modulus, token_of(key, receipt).encode("ascii"))
    secret = (key.line, grouped(receipt), to_text(inverse.to_bytes(SIZE, "big")))
    put(chosen.secret, SECRET_NAMES, secret, SECRET_WORDS)
    tell(f"\nLetter:  {key.letter}\nKey id:  {key.id}")
    tell("Compare the key id with what the letter's page shows, best also to somebody else.")
    tell("\nYour hidden text, for the page. It is one line:\n")
    print(to_text(hidden))


def run_unblind(chosen):
    line, receipt, inverse = collect(chosen.secret, SECRET_NAMES)
    key, receipt = read_key(line), read_receipt(receipt)
    token = token_of(key, receipt)
    factor = int.from_bytes(from_text(inverse), "big")
    signature = finalize(key.modulus, token.encode("ascii"), from_text(ask("answer")), factor)
    put(chosen.token, TOKEN_NAMES, (token, to_text(signature), grouped(receipt)), TOKEN_WORDS)
    if chosen.secret != "-":
        os.remove(chosen.secret)
        tell(f"Deleted: {chosen.secret}")
    tell("The signature is good. It does not count yet: hand it in later, see step 3 of --help.")


def run_check(chosen):
    token, signature, receipt = collect(chosen.token, TOKEN_NAMES)
    tell("Open the letter's page anew and copy the key line that it shows now.")
    key = read_key(ask("key"))
    version = check(key, token, signature, read_receipt(receipt))
    tell(f"All of it fits, and the key is still the same.\nWhat you sign, as the page names it: {version}")
    if version != key.version:
        tell("The letter was corrected since. You sign it as it was before.")
    tell("\nHand in these two to be counted. The receipt stays with you.\n")
    print(f"token: {token}\nsignature: {signature}")


def check(key, token, signature, receipt):
    """The version that is signed, if everything belongs together under the key that the letter shows now."""
    match = TOKEN.fullmatch(token)
    if not match:
        raise Refused("The token is damaged.")
    letter, version, key_id, number = match.groups()
    if letter != key.letter:
        raise Refused(f"The token is for another letter: {letter}.")
    if key_id != key.id:
        raise Refused(
            "STOP. The letter now shows another key than the one your token was made for.\n"
            "Somebody may want to recognize you by it. Do not hand it in, and tell somebody you trust."
        )
    if number != hashlib.sha256(receipt.encode("ascii")).hexdigest():
        raise Refused("The receipt does not belong to the token.")
    if not is_signed(key.modulus, token.encode("ascii"), from_text(signature)):
        raise Refused("The signature does not belong to the token.")
    return version


def parser():
    whole = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = whole.add_subparsers(title="steps", metavar="blind | unblind | check", required=True)
    step = add_step(steps, "blind", run_blind, "1. make a secret, and a hidden text for the page", "secret")
    step.add_argument("--key-id", metavar="ID", help="refuse every key but this one")
    add_step(steps, "unblind", run_unblind, "2. turn the page's answer into a token", "secret", "token")
    add_step(steps, "check", run_check, "3. check the token before you hand it in", "token")
    return whole


def add_step(steps, name, run, words, *files):
    step = steps.add_parser(name, help=words, description=words)
    step.set_defaults(run=run)
    for file in files:
        ours = f"undersigned-{file}.txt"
        step.add_argument(
            f"--{file}", metavar="FILE", default=ours, help=f"{ours} if not said; - for no file"
        )
    return step


def main():
    chosen = parser().parse_args()
    sys.stdin.reconfigure(errors="replace")
    try:
        chosen.run(chosen)
    except Refused as reason:
        sys.exit(f"Refused. {reason}")
    except OSError as problem:
        sys.exit(f"Refused. {problem.filename or 'This computer'}: {problem.strerror}.")
    except KeyboardInterrupt:
        sys.exit("\nStopped.")


if __name__ == "__main__":
    main()
