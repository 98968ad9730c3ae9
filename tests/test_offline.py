"""The offline program, run as people run it: a process of its own, with nothing but the standard library."""

from __future__ import annotations

import ast
import importlib.util
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from petitions.crypto import blind, tokens, typed
from tests import sealed

TOOL = Path(__file__).resolve().parent.parent / "static" / "undersigned-offline.py"
KEY = sealed.make_key()
LINE = sealed.key_line_of(KEY)


def run(
    place: Path, *arguments: str, paste: str = "", umask: int = 0o022
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", str(TOOL), *arguments]
    return subprocess.run(
        command, cwd=place, input=paste, capture_output=True, text=True, env={}, umask=umask, timeout=60
    )


def answer_to(hidden: str, key=KEY) -> str:
    return tokens.to_text(blind.blind_sign(key, tokens.from_text(hidden)))


def values(text: str) -> dict[str, str]:
    return dict(line.split(": ") for line in text.splitlines() if ": " in line and not line.startswith("#"))


def made(place: Path) -> dict[str, str]:
    """A token, made as the help says; its file is in the place."""
    hidden = run(place, "blind", paste=f"{LINE}\n").stdout
    assert run(place, "unblind", paste=f"{answer_to(hidden)}\n").returncode == 0
    return values((place / "undersigned-token.txt").read_text())


def load():
    spec = importlib.util.spec_from_file_location("offline", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- What it is --------------------------------------------------------------------------------------------
def test_it_can_reach_nothing_but_files_and_the_terminal():
    tree = ast.parse(TOOL.read_text(encoding="utf-8"))
    plain = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    partly = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]

    assert plain == ["argparse", "base64", "hashlib", "math", "os", "re", "secrets", "sys"]
    assert partly == ["__future__", "collections"]
    assert "__import__" not in TOOL.read_text()


@pytest.mark.parametrize(
    "arguments", [["--help"], ["blind", "--help"], ["unblind", "--help"], ["check", "--help"]]
)
def test_it_explains_itself(tmp_path, arguments):
    answer = run(tmp_path, *arguments)

    assert (answer.returncode, answer.stderr) == (0, "")
    assert max(map(len, answer.stdout.splitlines())) <= 110
    if arguments == ["--help"]:
        assert all(
            f"undersigned-offline.py {step}" in answer.stdout for step in ("blind", "unblind", "check")
        )
        assert "employer's mail system" in " ".join(answer.stdout.split())


@pytest.mark.parametrize("arguments", [[], ["sign"], ["blind", "extra"]])
def test_it_says_what_it_takes(tmp_path, arguments):
    answer = run(tmp_path, *arguments)

    assert answer.returncode == 2
    assert "usage:" in answer.stderr


@pytest.mark.parametrize("vector", sealed.VECTORS, ids=lambda vector: vector["name"])
def test_its_steps_give_what_the_rfc_says(monkeypatch, vector):
    offline, modulus = load(), vector["p"] * vector["q"]
    message, signature = vector["prepared_msg"], vector["sig"]
    factor = pow(vector["inv"], -1, modulus)
    with monkeypatch.context() as drawn:
        drawn.setattr(offline.secrets, "token_bytes", lambda length: vector["salt"][:length])
        drawn.setattr(offline.secrets, "randbelow", lambda limit: factor)
        assert offline.blind(modulus, message) == (vector["blinded_msg"], vector["inv"])

    assert offline.finalize(modulus, message, vector["blind_sig"], vector["inv"]) == signature
    assert offline.is_signed(modulus, message, signature)


def test_a_modulus_that_shares_a_factor_with_the_message_is_refused():
    offline, modulus = load(), int.from_bytes(sealed.even_spki()[33:-5], "big")

    with pytest.raises(offline.Refused):
        offline.blind(modulus, b"undersigned1.a-token")


def test_it_passes_no_signature_that_the_server_refuses():
    offline, message = load(), b"undersigned1.a-token"
    modulus = KEY.public_key().public_numbers().n
    wrong = sealed.bad_signatures(KEY, message)

    assert offline.is_signed(modulus, message, sealed.sign(KEY, message))
    assert [name for name in wrong if offline.is_signed(modulus, message, wrong[name])] == []


# --- The three steps ---------------------------------------------------------------------------------------
def test_a_token_made_offline_counts_on_the_server(tmp_path):
    hidden = run(tmp_path, "blind", paste=f"{LINE}\n").stdout
    assert len(hidden.strip()) == 512
    answer = run(tmp_path, "unblind", paste=f"{answer_to(hidden)}\n")
    assert answer.returncode == 0, answer.stderr
    shown = run(tmp_path, "check", paste=f"{LINE}\n")
    assert shown.returncode == 0, shown.stderr

    handed = values(shown.stdout)
    token = tokens.Token.parse(handed["token"])
    assert list(handed) == ["token", "signature"]
    assert token == sealed.make_token(KEY, number=token.number)
    assert blind.verify(KEY.public_key(), token.message(), tokens.from_text(handed["signature"]))
    receipt = typed.canonical(values((tmp_path / "undersigned-token.txt").read_text())["receipt"])
    assert typed.is_receipt(receipt)
    assert tokens.number(receipt) == token.number


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_its_files_are_for_their_owner_alone_and_the_secret_does_not_stay(tmp_path, umask):
    hidden = run(tmp_path, "blind", paste=f"{LINE}\n", umask=umask).stdout
    secret = tmp_path / "undersigned-secret.txt"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600

    run(tmp_path, "unblind", paste=f"{answer_to(hidden)}\n", umask=umask)

    assert [path.name for path in tmp_path.iterdir()] == ["undersigned-token.txt"]
    assert stat.S_IMODE((tmp_path / "undersigned-token.txt").stat().st_mode) == 0o600


def test_it_works_without_any_file(tmp_path):
    shown = run(tmp_path, "blind", "--secret", "-", paste=f"key: {LINE}\n").stdout.splitlines()
    secret, hidden = shown[:3], shown[3]
    pasted = "\n".join([*secret, answer_to(hidden)])

    token = run(tmp_path, "unblind", "--secret", "-", "--token", "-", paste=f"{pasted}\n")
    checked = run(tmp_path, "check", "--token", "-", paste=f"{token.stdout}{LINE}\n")

    assert [line.split(": ")[0] for line in secret] == ["key", "receipt", "inverse"]
    assert list(values(token.stdout)) == ["token", "signature", "receipt"]
    assert checked.returncode == 0, checked.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_the_server_sees_holds_nothing_of_what_is_kept(tmp_path):
    first, second = (
        run(tmp_path, "blind", "--secret", "-", paste=f"{LINE}\n").stdout.split() for _ in range(2)
    )

    assert len(set(first) & set(second)) == 4  # the three names and the key
    hidden, receipt = first[-1], first[3]
    token = sealed.make_token(KEY, typed.canonical(receipt))
    for kept in (token.number, tokens.number(typed.canonical(receipt)), receipt):
        assert kept not in hidden


def test_the_answer_may_be_fetched_again_until_it_was_good(tmp_path):
    hidden = run(tmp_path, "blind", paste=f"{LINE}\n").stdout

    lost = run(tmp_path, "unblind", paste=f"{answer_to(hidden)[:-4]}\n")
    found = run(tmp_path, "unblind", paste=f"answer: {answer_to(hidden)}\r\n")

    assert (lost.returncode, found.returncode) == (1, 0)
    assert "Copy it again" in lost.stderr


# --- What it refuses ---------------------------------------------------------------------------------------
def refused(answer: subprocess.CompletedProcess[str]) -> str:
    assert (answer.returncode, answer.stdout) == (1, ""), answer
    assert "Traceback" not in answer.stderr
    return answer.stderr.split("Refused. ")[1].strip()


@pytest.mark.parametrize("wrong", sealed.bad_public_keys())
def test_a_key_that_could_tell_people_apart_is_refused(tmp_path, wrong):
    line = tokens.key_line(sealed.LETTER, sealed.VERSION, sealed.bad_public_keys()[wrong])

    said = refused(run(tmp_path, "blind", paste=f"{line}\n"))

    assert "recognize you" in said or wrong == "nothing"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "\n",
        "hello\n",
        LINE[:-1] + "\n",
        LINE.replace("5a", "5A", 1) + "\n",
        LINE + "=\n",
        LINE[:-1] + chr(ord(LINE[-1]) + 1) + "\n",
        "\udcff\n",
    ],
)
def test_what_is_no_key_line_is_refused(tmp_path, pasted):
    command = [sys.executable, "-I", "-S", str(TOOL), "blind"]
    raw = pasted.encode("utf-8", "surrogateescape")
    answer = subprocess.run(command, cwd=tmp_path, input=raw, capture_output=True, env={}, timeout=60)

    assert (answer.returncode, answer.stdout) == (1, b"")
    assert b"Refused. " in answer.stderr
    assert b"Traceback" not in answer.stderr
    assert list(tmp_path.iterdir()) == []


def test_another_key_than_the_expected_one_is_refused(tmp_path):
    expected = blind.key_id(sealed.spki_of(KEY))
    other = sealed.key_line_of(sealed.make_key("another"))

    assert "another one" in refused(run(tmp_path, "blind", "--key-id", expected, paste=f"{other}\n"))
    assert run(tmp_path, "blind", "--key-id", expected.upper(), paste=f"{LINE}\n").returncode == 0


@pytest.mark.parametrize(
    "harm",
    [
        lambda answer: "",
        lambda answer: answer[:-4],
        lambda answer: answer + "AAAA",
        lambda answer: "AAAA" + answer,
        lambda answer: ("B" if answer[0] == "A" else "A") + answer[1:],
        lambda answer: tokens.to_text(bytes(384)),
        lambda answer: answer_to(answer),
        lambda answer: "<p>Service unavailable</p>",
    ],
)
def test_a_wrong_answer_is_refused_and_the_secret_kept(tmp_path, harm):
    hidden = run(tmp_path, "blind", paste=f"{LINE}\n").stdout
    before = (tmp_path / "undersigned-secret.txt").read_bytes()

    refused(run(tmp_path, "unblind", paste=f"{harm(answer_to(hidden))}\n"))

    assert [path.read_bytes() for path in tmp_path.iterdir()] == [before]


def test_an_answer_by_another_key_is_refused(tmp_path):
    other = sealed.make_key("another")
    hidden = int.from_bytes(tokens.from_text(run(tmp_path, "blind", paste=f"{LINE}\n").stdout), "big")
    fitted = tokens.to_text((hidden % other.public_key().public_numbers().n).to_bytes(384, "big"))

    assert "not this key's signature" in refused(
        run(tmp_path, "unblind", paste=f"{answer_to(fitted, other)}\n")
    )


def test_no_file_is_written_over(tmp_path):
    made(tmp_path)
    kept = (tmp_path / "undersigned-token.txt").read_bytes()
    hidden = run(tmp_path, "blind", paste=f"{LINE}\n").stdout
    secret = (tmp_path / "undersigned-secret.txt").read_bytes()

    assert "is there already" in refused(run(tmp_path, "blind", paste=f"{LINE}\n"))
    assert "is there already" in refused(run(tmp_path, "unblind", paste=f"{answer_to(hidden)}\n"))
    assert (tmp_path / "undersigned-token.txt").read_bytes() == kept
    assert (tmp_path / "undersigned-secret.txt").read_bytes() == secret


def test_a_link_is_not_followed_when_a_file_is_written(tmp_path):
    (tmp_path / "undersigned-secret.txt").symlink_to(tmp_path / "elsewhere")

    refused(run(tmp_path, "blind", paste=f"{LINE}\n"))

    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(("step", "file"), [("unblind", "secret"), ("check", "token")])
@pytest.mark.parametrize("content", [None, b"", b"key: a\nkey: b\n", os.urandom(1000)])
def test_a_missing_or_foreign_file_is_refused(tmp_path, step, file, content):
    path = tmp_path / f"undersigned-{file}.txt"
    if content is not None:
        path.write_bytes(content)

    assert path.name in refused(run(tmp_path, step, paste=f"{LINE}\n"))


@pytest.mark.parametrize(
    ("name", "harm", "says"),
    [
        ("token", lambda value: value[:-1], "damaged"),
        ("token", lambda value: value.replace(sealed.LETTER, "another"), "another letter"),
        ("token", lambda value: value.replace(sealed.VERSION, "6b" * 32), "signature does not belong"),
        ("token", lambda value: value[:-64] + "0" * 64, "receipt does not belong"),
        ("receipt", lambda value: typed.grouped(typed.new_receipt()), "receipt does not belong"),
        ("receipt", lambda value: value[:-1], "receipt is damaged"),
        ("receipt", lambda value: "0" + value[1:], "receipt is damaged"),
        ("signature", lambda value: value[:-4], "signature does not belong"),
        ("signature", lambda value: value[:-3], "damaged"),
        (
            "signature",
            lambda value: value[:99] + ("B" if value[99] == "A" else "A") + value[100:],
            "does not",
        ),
    ],
)
def test_a_token_that_was_changed_is_refused(tmp_path, name, harm, says):
    good = made(tmp_path)
    text = "\n".join(f"{key}: {value}" for key, value in (good | {name: harm(good[name])}).items())
    (tmp_path / "undersigned-token.txt").write_text(text)

    assert says in refused(run(tmp_path, "check", paste=f"{LINE}\n"))


def test_a_letter_that_shows_another_key_later_stops_the_signer(tmp_path):
    made(tmp_path)
    other = sealed.key_line_of(sealed.make_key("another"))

    assert refused(run(tmp_path, "check", paste=f"{other}\n")).startswith("STOP.")


def test_a_corrected_letter_is_told(tmp_path):
    made(tmp_path)

    answer = run(tmp_path, "check", paste=f"{sealed.key_line_of(KEY, version='6b' * 32)}\n")

    assert answer.returncode == 0
    assert "corrected since" in answer.stderr
    assert sealed.VERSION in answer.stderr
