"""static/sealed.js in a real browser, under the site's own policy, against the server's functions."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from petitions.crypto import blind, tokens, typed
from tests import sealed

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]

STATIC = Path(__file__).resolve().parents[2] / "static"
MODULE = STATIC / "sealed.js"
BEFORE = """
const sealed = await import("/static/sealed.js");
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const bytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const utf8 = (text) => new TextEncoder().encode(text);
const reason = (promise) => promise.then(() => "nothing", (error) => error.reason ?? String(error));
"""


@pytest.fixture
def page(open_context, complaints) -> Iterator[Page]:
    """A page of the site, with its content policy; the browser may not complain of anything."""
    opened = open_context()
    answer = opened.goto("/")
    policy = answer.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'"} <= set(policy)
    yield opened
    assert complaints == []
    assert opened.evaluate("localStorage.length + sessionStorage.length") == 0
    assert opened.context.cookies() == []


def run(page: Page, body: str, **given: Any) -> Any:
    """What the body returns, with the module as `sealed`."""
    return page.evaluate(f"async (given) => {{ {BEFORE} {body} }}", given)


def hide(page: Page, line: str) -> dict[str, Any]:
    return run(page, "return sealed.hide(await sealed.readKey(given.line));", line=line)


def answer_to(hidden: str, key=None) -> dict[str, str]:
    """What the server sends."""
    key = key or sealed.make_key()
    signed = blind.blind_sign(key, tokens.from_text(hidden))
    return {"blind_signature": tokens.to_text(signed), "key_id": blind.key_id(sealed.spki_of(key))}


REVEAL = "return sealed.reveal(await sealed.readKey(given.line), given.secret, given.answer);"
REFUSED_REVEAL = "return reason((async () => { %s })());" % REVEAL  # noqa: UP031
CHECK = "return sealed.check(await sealed.readKey(given.line), given.kept);"
REFUSED_CHECK = "return reason((async () => { %s })());" % CHECK  # noqa: UP031


def make_kept(page: Page) -> dict[str, str]:
    line = sealed.key_line_of(sealed.make_key())
    hidden = hide(page, line)
    return run(page, REVEAL, line=line, secret=hidden["secret"], answer=answer_to(hidden["blinded"]))


# --- What it is --------------------------------------------------------------------------------------------
def test_it_is_served_as_it_is_in_the_repository(embedded):
    with urllib.request.urlopen(f"{embedded.url}/static/sealed.js", timeout=60) as answer:
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert answer.read() == MODULE.read_bytes()


def test_it_imports_nothing_and_touches_nothing():
    code = re.sub(r"//.*|/\*.*?\*/", "", MODULE.read_text(encoding="utf-8"))

    assert not re.search(
        r"\b(import|require|eval|Function|document|window|fetch|XMLHttpRequest|navigator)\b", code
    )
    assert not re.search(r"\b(localStorage|sessionStorage|indexedDB|cookie|postMessage|console|Date)\b", code)


def test_it_says_that_plain_http_will_not_do(open_context):
    page = open_context()
    page.route(
        "http://plain.test/", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html")
    )
    page.route(
        "http://plain.test/static/sealed.js",
        lambda route: route.fulfill(body=MODULE.read_text(), content_type="text/javascript"),
    )
    page.goto("http://plain.test/")

    line = sealed.key_line_of(sealed.make_key())
    assert run(page, "return sealed.isPossible();") is False
    assert run(page, "return reason(sealed.readKey(given.line));", line=line) == "no-webcrypto"


# --- The vectors of RFC 9474 -------------------------------------------------------------------------------
@pytest.mark.parametrize("vector", sealed.VECTORS, ids=lambda vector: vector["name"])
def test_every_step_gives_what_the_rfc_says(page, vector):
    """The random source draws what the RFC's did, after three numbers that have no inverse or do not fit."""
    modulus, size = vector["p"] * vector["q"], 512
    factor = pow(vector["inv"], -1, modulus)
    draws = [vector["salt"], b"\xff" * size, bytes(size)]
    draws += [number.to_bytes(size, "big") for number in (vector["p"], factor)]

    found = run(
        page,
        """
        const draws = given.draws.map(bytes);
        crypto.getRandomValues = (into) => (into.set(draws.shift()), into);
        const algorithm = { name: "RSA-PSS", hash: "SHA-384" };
        const verifier = await crypto.subtle.importKey("spki", bytes(given.spki), algorithm, false, ["verify"]);
        const key = { modulus: BigInt("0x" + given.modulus), size: 512, verifier };
        const message = bytes(given.message);
        const { blinded, inverse } = await sealed.blind(key, message);
        const signature = await sealed.finalize(key, message, bytes(given.answer), inverse);
        const isGood = await sealed.verify(key, message, bytes(given.signature));
        return [hex(blinded), inverse.toString(16), hex(signature), isGood, draws.length];
        """,
        draws=[draw.hex() for draw in draws],
        modulus=f"{modulus:x}",
        spki=sealed.spki_of(sealed.vector_key()).hex(),
        message=vector["prepared_msg"].hex(),
        answer=vector["blind_sig"].hex(),
        signature=vector["sig"].hex(),
    )

    inverse, signature = f"{vector['inv']:x}", vector["sig"].hex()
    assert found == [vector["blinded_msg"].hex(), inverse, signature, True, 0]


# --- Both sides --------------------------------------------------------------------------------------------
def test_a_token_made_in_the_browser_counts_on_the_server(page):
    key = sealed.make_key()

    kept = make_kept(page)

    token = tokens.Token.parse(kept["token"])
    assert list(kept) == ["token", "signature", "receipt"]
    assert token == sealed.make_token(key, kept["receipt"])
    assert typed.is_receipt(kept["receipt"])
    assert blind.verify(key.public_key(), token.message(), tokens.from_text(kept["signature"]))


def test_a_token_made_by_the_server_s_functions_passes_in_the_browser(page):
    key, receipt = sealed.make_key(), typed.new_receipt()
    token = sealed.make_token(key, receipt)
    kept = {"token": str(token), "receipt": receipt}
    kept["signature"] = tokens.to_text(sealed.sign(key, token.message()))

    found = run(page, CHECK, line=sealed.key_line_of(key), kept=kept)

    assert found == {
        "letter": sealed.LETTER,
        "version": sealed.VERSION,
        "keyId": token.key_id,
        "number": token.number,
    }


def test_the_browser_and_the_offline_program_read_each_other_s_files(page, tmp_path):
    line, path = sealed.key_line_of(sealed.make_key()), tmp_path / "undersigned-token.txt"
    words = "Keep this.\ntoken: not this one\n"

    path.write_text(
        run(page, "return sealed.fileText(given.kept, given.words);", kept=make_kept(page), words=words)
    )
    checked = offline(tmp_path, "check", line)
    path.unlink()
    hidden = offline(tmp_path, "blind", line)
    offline(tmp_path, "unblind", answer_to(hidden)["blind_signature"])
    text = path.read_text().replace("\n", "\r\n")
    found = run(
        page,
        "return sealed.check(await sealed.readKey(given.line), sealed.readFile(given.text));",
        line=line,
        text=text,
    )

    assert checked.startswith("token: undersigned1.")
    assert f".{found['number']}\r\n" in text


def offline(place: Path, step: str, paste: str) -> str:
    command = [sys.executable, "-I", "-S", str(STATIC / "undersigned-offline.py"), step]
    answer = subprocess.run(
        command, cwd=place, input=f"{paste}\n", capture_output=True, text=True, timeout=60
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_another_implementation_s_signatures_pass(page):
    for other in sealed.OTHERS["keys"]:
        line = tokens.key_line(sealed.LETTER, sealed.VERSION, tokens.from_text(other["public"]))
        for made in other["tokens"]:
            given = {name: tokens.from_text(made[name]).hex() for name in ("blind_signature", "inverse")}
            found = run(
                page,
                """
                const key = await sealed.readKey(given.line);
                const inverse = BigInt("0x" + given.inverse);
                return hex(await sealed.finalize(key, utf8(given.message), bytes(given.blind_signature), inverse));
                """,
                line=line,
                message=made["message"],
                **given,
            )
            assert found == tokens.from_text(made["signature"]).hex()


def test_nothing_is_drawn_twice_and_the_server_sees_nothing_of_what_is_kept(page):
    key = sealed.make_key()
    drawn = run(
        page,
        """
        const key = await sealed.readKey(given.line);
        const drawn = [];
        for (let count = 0; count < 40; count += 1) drawn.push(await sealed.hide(key));
        return drawn;
        """,
        line=sealed.key_line_of(key),
    )

    receipts = [each["secret"]["receipt"] for each in drawn]
    assert len({each["blinded"] for each in drawn}) == len(set(receipts)) == 40
    assert len({each["secret"]["inverse"] for each in drawn}) == 40
    assert all(typed.is_receipt(receipt) for receipt in receipts)
    assert set("".join(receipts)) == set(typed.ALPHABET)  # 1,120 letters: one is missing once in 10^15 runs
    for each in drawn:
        assert each["secret"]["token"] == str(sealed.make_token(key, each["secret"]["receipt"]))
        assert list(each) == ["blinded", "secret"]
        assert len(each["blinded"]) == 512


def test_no_letter_of_a_receipt_is_likelier_than_another(page):
    """Bytes from 240 on are thrown away: they would favour the first sixteen letters."""
    drawn = run(
        page,
        """
        const key = await sealed.readKey(given.line);
        const system = crypto.getRandomValues.bind(crypto);
        let next = 255;
        crypto.getRandomValues = (into) => (into.length === 1 ? into.fill(next--) : system(into));
        return (await sealed.hide(key)).secret.receipt;
        """,
        line=sealed.key_line_of(sealed.make_key()),
    )

    assert drawn == typed.ALPHABET[::-1][:28]


# --- What it refuses ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("is_strict", [True, False])
def test_a_key_that_could_tell_people_apart_is_refused(page, is_strict):
    """Also where a browser would take any key, as this one does not."""
    good = sealed.key_line_of(sealed.make_key())
    lines = {
        wrong: tokens.key_line(sealed.LETTER, sealed.VERSION, spki)
        for wrong, spki in sealed.bad_public_keys().items()
    }
    lines |= {
        "no line": "",
        "padded": good + "=",
        "other alphabet": good[:-4] + "+/+/",
        "a capital": good.upper(),
    }
    lines |= {"a slack bit": good[:-1] + chr(ord(good[-1]) + 1)}

    found = run(
        page,
        """
        if (!given.isStrict) crypto.subtle.importKey = async () => ({});
        const found = {};
        for (const [wrong, line] of Object.entries(given.lines)) {
          found[wrong] = await reason(sealed.readKey(line));
        }
        return found;
        """,
        lines=lines | {"good": f" {good}\n"},
        isStrict=is_strict,
    )

    assert found == dict.fromkeys(lines, "bad-key") | {"good": "nothing"}


def test_a_modulus_that_shares_a_factor_with_the_message_is_refused(page):
    modulus = sealed.even_spki()[33:-5].hex()

    found = run(
        page,
        """
        const key = { modulus: BigInt("0x" + given.modulus), size: 384 };
        return reason(sealed.blind(key, utf8("undersigned1.a-token")));
        """,
        modulus=modulus,
    )

    assert found == "bad-key"


def test_no_signature_passes_that_the_server_refuses(page):
    key, message = sealed.make_key(), b"undersigned1.a-token"
    signatures = sealed.bad_signatures(key, message) | {"good": sealed.sign(key, message)}

    passed = run(
        page,
        """
        const key = await sealed.readKey(given.line);
        const passed = [];
        for (const [name, signature] of Object.entries(given.signatures)) {
          if (await sealed.verify(key, utf8(given.message), bytes(signature))) passed.push(name);
        }
        return passed;
        """,
        line=sealed.key_line_of(key),
        message=message.decode(),
        signatures={name: signature.hex() for name, signature in signatures.items()},
    )

    assert passed == ["good"]


def test_a_wrong_answer_is_refused(page):
    line = sealed.key_line_of(sealed.make_key())
    hidden = hide(page, line)
    good, other = answer_to(hidden["blinded"]), hide(page, line)
    text = good["blind_signature"]
    wrong = {
        "none": {},
        "no text": good | {"blind_signature": None},
        "a page": good | {"blind_signature": "<p>Service unavailable</p>"},
        "cut": good | {"blind_signature": text[:-4]},
        "longer": good | {"blind_signature": f"{text}AAAA"},
        "zeros before": good | {"blind_signature": f"AAAA{text}"},
        "changed": good | {"blind_signature": ("B" if text[0] == "A" else "A") + text[1:]},
        "zero": good | {"blind_signature": tokens.to_text(bytes(384))},
        "another's": answer_to(other["blinded"]),
        "what was sent": good | {"blind_signature": hidden["blinded"]},
    }

    found = {
        name: run(page, REFUSED_REVEAL, line=line, secret=hidden["secret"], answer=answer)
        for name, answer in wrong.items()
    }

    assert found == dict.fromkeys(wrong, "bad-answer")
    assert run(page, REFUSED_REVEAL, line=line, secret=hidden["secret"], answer=good) == "nothing"


def test_a_server_that_signs_with_another_key_is_found_out(page):
    line, other = sealed.key_line_of(sealed.make_key()), sealed.make_key("another")
    hidden = hide(page, line)
    fitted = (
        int.from_bytes(tokens.from_text(hidden["blinded"]), "big") % other.public_key().public_numbers().n
    )
    answer = answer_to(tokens.to_text(fitted.to_bytes(384, "big")), other)
    pretending = answer | {"key_id": blind.key_id(sealed.spki_of(sealed.make_key()))}

    open_about_it = run(page, REFUSED_REVEAL, line=line, secret=hidden["secret"], answer=answer)
    hiding_it = run(page, REFUSED_REVEAL, line=line, secret=hidden["secret"], answer=pretending)

    assert (open_about_it, hiding_it) == ("other-key", "bad-answer")


def test_what_was_kept_is_checked_again_before_it_is_handed_in(page):
    kept = make_kept(page)
    line, other = (sealed.key_line_of(sealed.make_key(name)) for name in ("ours", "another"))
    token, signature = kept["token"], kept["signature"]
    cases = {
        "another key": (other, kept, "other-key"),
        "another letter": (sealed.key_line_of(sealed.make_key(), letter="fair-rota"), kept, "other-letter"),
        "a corrected letter": (sealed.key_line_of(sealed.make_key(), version="6b" * 32), kept, "nothing"),
        "token cut": (line, kept | {"token": token[:-1]}, "bad-token"),
        "other number": (line, kept | {"token": token[:-64] + "0" * 64}, "bad-token"),
        "other version": (line, kept | {"token": token.replace(sealed.VERSION, "6b" * 32)}, "bad-token"),
        "other receipt": (line, kept | {"receipt": typed.new_receipt()}, "bad-token"),
        "receipt cut": (line, kept | {"receipt": kept["receipt"][:-1]}, "bad-token"),
        "signature cut": (line, kept | {"signature": signature[:-4]}, "bad-token"),
        "signature missing": (line, {"token": token, "receipt": kept["receipt"]}, "bad-token"),
    }

    found = {
        name: run(page, REFUSED_CHECK, line=shown, kept=value) for name, (shown, value, _) in cases.items()
    }

    assert found == {name: expected for name, (_, _, expected) in cases.items()}


def test_a_file_that_is_not_one_of_ours_is_refused(page):
    kept = {"token": "t", "signature": "s", "receipt": "22222222222222222222222222AB"}
    text = run(page, "return sealed.fileText(given.kept);", kept=kept)
    broken = ["", text.replace("token:", "tokens:"), text + text, text.replace("receipt: ", "receipt: A ")]

    found = run(
        page,
        "return given.texts.map((text) => { try { return sealed.readFile(text); } catch (e) { return e.reason; } });",
        texts=[*broken, text, text.lower().replace("\n", "\r\n")],
    )

    assert found == ["bad-token"] * 4 + [kept, kept]
