"""The verifier, run as people run it, on bundles of real letters: what fits fits, and each tampering is found."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import pytest

from petitions.api import bundles
from petitions.crypto import blind, tokens
from petitions.documents.canonical import sha256_hex
from petitions.flows import batches, deliveries, invalidations, invitations, letters, signatures, snapshots
from petitions.flows import receipts as by_receipt
from petitions.flows import tokens as redeeming
from petitions.models import Appear, Condition, Snapshot
from tests import sealed
from tests.factories import make_invitations, make_letter, sign, sign_sealed

pytestmark = [pytest.mark.django_db, pytest.mark.on("sqlite")]  # made of rows, whoever holds them

TOOL = Path(__file__).resolve().parent.parent / "static" / "undersigned-verify.py"


def run(*arguments: str, given: str | bytes = b"") -> subprocess.CompletedProcess[str]:
    given = given.encode() if isinstance(given, str) else given
    command = [sys.executable, "-I", str(TOOL), *arguments]
    done = subprocess.run(command, input=given, capture_output=True, env={}, timeout=60)
    return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())


def verify(bundle, *arguments):
    """What it says to programs, and how it ends."""
    answer = run("-", "--json", *arguments, given=json.dumps(bundle))
    assert answer.stderr == ""
    said = json.loads(answer.stdout)
    assert answer.returncode == int(bool(said["wrong"]))
    return said


def bundle_of(letter):
    return json.loads("".join(bundles.pieces(letter)))


REMEMBERED: list[str] = []


@pytest.fixture
def bundle(request):
    """Of the letter below, made once: what is tampered with is a copy."""
    if not REMEMBERED:
        REMEMBERED.append(json.dumps(bundle_of(request.getfixturevalue("letter"))))
    return json.loads(REMEMBERED[0])


@pytest.fixture
def letter():
    """Named, by policy, sealed for two texts, and withdrawn; delivered, and closed."""
    letter = make_letter(
        batch_size=5, text='Für *faire* Dienstpläne 👋\r\n"zwei" Wochen\tvoraus \\ \x7f \u2028'
    )
    for name in ("Zoë Last", "Ada Lovelace", "Ada Lovelace", "𝒜da", "\ufb01nd"):
        sign(letter, name, role="Engineer")
    sign(letter, appear=Appear.ANONYMOUS)
    for _ in range(4):
        sign_sealed(letter)
    gone = sign_sealed(letter)
    batches.publish_full(letter)
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    snapshots.freeze_due()
    Snapshot.objects.update(first_body_at="2026-01-01T00:00Z")
    by_receipt.withdraw(gone)
    by_receipt.withdraw(sign(letter, "Grace Hopper"))
    letter.text = "Corrected."
    letter.save()
    letters.correct(letter, by=letter.memberships.get().user)
    sign_sealed(letter)
    letters.close(letter)
    snapshots.freeze_due()
    return letter


def test_a_real_letter_fits(letter):
    bundle, key = bundle_of(letter), letter.public_keys.get()

    assert verify(bundle) == {
        "letter": letter.slug,
        "total": 11,
        "named": 5,
        "sealed": 5,
        "by_policy": 1,
        "by_proof": {"mailbox": 11},
        "versions": [
            {"number": version.number, "sha256": version.sha256} for version in letter.versions.all()
        ],
        "keys": [{"proof": "mailbox", "key_id": key.key_id, "issued": 6, "counted": 5}],
        "snapshots": [
            {
                "number": row.number,
                "reason": row.reason,
                "sha256": row.sha256,
                "is_todays_list": True,
            }
            for row in letter.snapshots.all()
        ],
        "wrong": [],
    }


def test_it_says_so_in_plain_sentences(letter, tmp_path):
    (tmp_path / "bundle.json").write_text(json.dumps(bundle_of(letter)))

    answer = run(str(tmp_path / "bundle.json"))

    assert (answer.returncode, answer.stderr) == (0, "")
    said = " ".join(answer.stdout.split())
    key = letter.public_keys.get()
    for sentence in (
        "11 signatures, counted here: 5 with a name: the list has as many lines.",
        "5 sealed: as many different tokens are signed by a key of this letter.",
        "1 anonymous by policy: the site says so, and nothing in this file shows it.",
        f"key id (mailbox): {key.key_id} 6 tokens signed up to the last batch, 5 counted",
        "names are as typed",
        "it holds the key, and could sign for mailboxes that nobody proved",
    ):
        assert sentence in said
    assert answer.stdout.endswith("\nEVERYTHING FITS.\n")
    assert "Ada" not in answer.stdout


def test_a_list_that_changed_since_is_not_held_against_anybody(letter):
    signatures.hide(letter.signatures.get(name="Zoë Last"))

    said = verify(bundle_of(letter))

    assert (said["wrong"], said["named"]) == ([], 4)
    assert [row["is_todays_list"] for row in said["snapshots"]] == [False, False]


def test_erased_lines_are_the_sites_word(bundle):
    bundle |= {"named": [""] * 5, "snapshots": []}

    answer = run("-", given=json.dumps(bundle))

    assert answer.returncode == 0
    assert (
        "5 of them were erased, long after closing: that they stood there is the site's word."
        in answer.stdout
    )


def test_tokens_by_invitation_count_under_their_own_key(letter_by_invitation):
    bundle = bundle_of(letter_by_invitation)

    said = verify(bundle)

    assert said["wrong"] == []
    keys = [(key["proof"], key["issued"], key["counted"]) for key in said["keys"]]
    assert (keys, said["by_proof"]) == (
        [("mailbox", 1, 1), ("invitation", 2, 1)],
        {"invitation": 1, "mailbox": 1},
    )
    bundle["count"]["by_proof"] = {"mailbox": 2}
    assert verify(bundle)["wrong"] == ["The count says 0 by invitation, but 1 tokens are of that key."]


@pytest.fixture
def letter_by_invitation(monkeypatch):
    """One token of a mailbox; two of invitations, one of them handed in."""
    letter = make_letter()
    sign_sealed(letter)
    monkeypatch.setattr(blind, "new_key", lambda: sealed.make_key("another"))
    one, two, *_ = make_invitations(letter)
    key = letter.public_keys.get(proof="invitation")
    public = blind.load_public(bytes(key.spki))
    for code in (one, two):
        token = sealed.make_token(
            sealed.make_key("another"), letter=letter.slug, version=letter.version.sha256
        )
        blinded, inverse = blind.blind(public, token.message())
        issued = invitations.issue(letter, code, blinded, version=letter.version.sha256)
        signature = blind.finalize(public, token.message(), issued.blind_signature, inverse)
    redeeming.redeem(letter, str(token), tokens.to_text(signature))
    batches.publish_waiting(letter)
    return letter


def test_a_letter_that_nobody_signed_fits():
    assert verify(bundle_of(make_letter()))["wrong"] == []


# --- Tampering: on a copy of the bundle of a real letter; what is found is said ------------------------------
def altered_signature(bundle):
    text = bundle["sealed"][0]["signature"]
    bundle["sealed"][0]["signature"] = text[:100] + ("A" if text[100] != "A" else "B") + text[101:]


def exchanged_signatures(bundle):
    one, two, *_ = bundle["sealed"]
    one["signature"], two["signature"] = two["signature"], one["signature"]


def doubled_number(bundle):
    bundle["sealed"].append(deepcopy(bundle["sealed"][0]))
    add(bundle["count"])


def add(count, kind="sealed"):
    count["total"] += 1
    count["by_proof"]["mailbox"] += 1
    count["anonymous"][kind] += 1


def stuff(bundle, key, *, key_id="", letter="", version=""):
    """One more sealed signature, rightly signed by this key, and the count to it."""
    key_id = key_id or blind.key_id(sealed.spki_of(key))
    version = version or bundle["versions"][0]["sha256"]
    token = sealed.make_token(key, letter=letter or bundle["letter"], version=version, key_id=key_id)
    bundle["sealed"].append(
        {
            "number": token.number,
            "version": version,
            "key_id": key_id,
            "signature": tokens.to_text(sealed.sign(key, token.message())),
        }
    )
    add(bundle["count"])


def foreign_key(bundle):
    stuff(bundle, sealed.make_key("another"))


def foreign_key_under_our_name(bundle):
    stuff(bundle, sealed.make_key("another"), key_id=bundle["public_keys"][0]["key_id"])


def exchanged_key(bundle):
    bundle["public_keys"][0]["spki"] = tokens.to_text(sealed.spki_of(sealed.make_key("another")))


def second_key_for_a_proof(bundle):
    other = sealed.spki_of(sealed.make_key("another"))
    row = {"key_id": blind.key_id(other), "spki": tokens.to_text(other), "issued": 9}
    bundle["public_keys"].append(bundle["public_keys"][0] | row)


def even_key(bundle):
    spki = sealed.even_spki()
    bundle["public_keys"][0] |= {"key_id": blind.key_id(spki), "spki": tokens.to_text(spki)}


def token_of_another_letter(bundle):
    bundle["letter"] = "another-letter"


def version_that_never_was(bundle):
    bundle["sealed"][0]["version"] = "0" * 64


def exchanged_versions(bundle):
    first, second = (version["sha256"] for version in bundle["versions"])
    row = next(row for row in bundle["sealed"] if row["version"] == first)
    row["version"] = second


def altered_text(bundle):
    bundle["versions"][0]["text"] += " "


def altered_demand(bundle):
    bundle["versions"][1]["demands"][0]["title"] = "Ask for nothing"


def altered_total(bundle):
    bundle["count"]["total"] += 1


def more_named(bundle):
    bundle["count"]["named"] += 1
    bundle["count"]["anonymous"]["by_policy"] -= 1


def more_sealed(bundle):
    bundle["count"]["anonymous"] = {"sealed": 6, "by_policy": 0}


def other_proof(bundle):
    bundle["count"]["by_proof"] = {"mailbox": 4, "invitation": 7}


def too_few_proofs(bundle):
    bundle["count"]["by_proof"]["mailbox"] -= 1


def name_added(bundle):
    bundle["named"].append("Nobody")


def name_changed(bundle):
    bundle["named"][0] = "Nobody"


def more_redeemed_than_issued(bundle):
    bundle["public_keys"][0]["issued"] = 4


def wrong_snapshot_hash(bundle):
    bundle["snapshots"][1]["sha256"] = "0" * 64


def wrong_snapshot_count(bundle):
    bundle["snapshots"][0]["count"]["total"] += 1


def snapshot_of_another_text(bundle):
    bundle["snapshots"][1]["version"] = bundle["versions"][0]["sha256"]


def snapshot_of_no_text(bundle):
    bundle["snapshots"][0] |= {"version": "0" * 64, "is_todays_list": False}


def snapshot_with_more_names(bundle):
    """Its hash is that of its lie."""
    row = bundle["snapshots"][0]
    row["count"]["named"] += 1
    row["count"]["total"] += 1
    row["count"]["by_proof"]["mailbox"] += 1
    picture = {"letter": bundle["letter"], "version": row["version"], "count": row["count"]}
    row["sha256"] = sha256_hex(picture | {"list": sorted(bundle["named"])})


TAMPERINGS = {
    altered_signature: ["does not count: its key has not signed it", "The count says 5 sealed"],
    exchanged_signatures: ["has not signed it", "has not signed it", "The count says 5 sealed"],
    doubled_number: ["stands there more than once", "The count says 6 sealed"],
    foreign_key: ["its key is none of this letter's", "The count says 6 sealed"],
    foreign_key_under_our_name: ["its key has not signed it", "The count says 6 sealed"],
    exchanged_key: [
        "has another key id",
        *["its key is none of this letter's"] * 5,
        "The count says 5 sealed",
    ],
    second_key_for_a_proof: ["The proof mailbox has more than one key"],
    even_key: [
        "is not of the one form",
        *["its key is none of this letter's"] * 5,
        "The count says 5 sealed",
    ],
    token_of_another_letter: [
        *["its key has not signed it"] * 5,
        "The count says 5 sealed",
        "The hash of snapshot 1",
        "The hash of snapshot 2",
    ],
    version_that_never_was: ["a text that this letter never had", "The count says 5 sealed"],
    exchanged_versions: ["its key has not signed it", "The count says 5 sealed"],
    altered_text: ["The text of version 1 is not the one that its hash names."],
    altered_demand: ["The text of version 2 is not the one that its hash names."],
    altered_total: ["its kinds make 11", "its proofs make 11"],
    more_named: ["The count says 6 signatures with a name, but the list has 5."],
    more_sealed: ["The count says 6 sealed signatures, but so many tokens are good: 5."],
    other_proof: ["The count says 4 by mailbox, but 5 tokens are of that key."],
    too_few_proofs: ["its proofs make 10"],
    name_added: ["but the list has 6", *["The hash of snapshot", "counts another number of names"] * 2],
    name_changed: ["The hash of snapshot 1", "The hash of snapshot 2"],
    more_redeemed_than_issued: [
        "More tokens are counted than the key",
    ],
    wrong_snapshot_hash: ["The hash of snapshot 2 is not that of the list."],
    wrong_snapshot_count: ["its kinds make", "its proofs make", "The hash of snapshot 1"],
    snapshot_of_another_text: ["The hash of snapshot 2"],
    snapshot_of_no_text: ["Snapshot 1 is of a text that this letter never had."],
    snapshot_with_more_names: ["Snapshot 1 counts another number of names than its list has."],
}


@pytest.mark.parametrize(
    ("tamper", "found"), TAMPERINGS.items(), ids=[tamper.__name__ for tamper in TAMPERINGS]
)
def test_each_tampering_is_found(bundle, tamper, found):
    tamper(bundle)

    wrong = verify(bundle)["wrong"]

    assert len(wrong) == len(found), wrong
    assert [part for part, sentence in zip(found, wrong, strict=True) if part not in sentence] == [], wrong


def test_what_is_wrong_is_said_and_not_without_end(bundle):
    for _ in range(5):
        bundle["sealed"] += deepcopy(bundle["sealed"])
    bundle["sealed"] = [row | {"number": f"{place:064x}"} for place, row in enumerate(bundle["sealed"])]

    answer = run("-", given=json.dumps(bundle))

    assert answer.returncode == 1
    assert "THIS IS WRONG:" in answer.stdout
    assert "EVERYTHING FITS" not in answer.stdout
    assert answer.stdout.count("does not count") == 20
    assert answer.stdout.endswith("  and 141 more.\n")


# --- What is expected, and what is no bundle ------------------------------------------------------------------
def test_a_hash_from_elsewhere_can_be_asked_for(letter):
    bundle, key = bundle_of(letter), letter.public_keys.get()
    known = [
        key.key_id,
        letter.version.sha256,
        letter.snapshots.first().sha256,
        bundle["sealed"][0]["number"],
    ]

    for value in known:
        grouped = " ".join(value[start : start + 8] for start in range(0, 64, 8)).upper()
        assert verify(bundle, "--expect", value, "--expect", grouped)["wrong"] == []
    assert verify(bundle, "--expect", "0" * 64)["wrong"] == [
        f"What you expected is not in this bundle: '{'0' * 64}'."
    ]


def without(name):
    def changed(bundle):
        del bundle[name]

    return changed


MISFITS = {
    "another format": lambda bundle: bundle.update(format="undersigned2-bundle"),
    "a member more": lambda bundle: bundle.update(more=1),
    "a member less": without("named"),
    "a truth for a number": lambda bundle: bundle["count"].update(named=True),
    "a number below zero": lambda bundle: bundle["count"]["anonymous"].update(by_policy=-1),
    "a fraction": lambda bundle: bundle["count"].update(total=11.0),
    "a number too large": lambda bundle: bundle["public_keys"][0].update(issued=2**53),
    "text for a number": lambda bundle: bundle["public_keys"][0].update(issued="6"),
    "a hash in capitals": lambda bundle: bundle["sealed"][0].update(number="A" * 64),
    "a short signature": lambda bundle: bundle["sealed"][0].update(signature="A" * 511),
    "a line feed behind": lambda bundle: bundle.update(letter=bundle["letter"] + "\n"),
    "a point in the letter": lambda bundle: bundle.update(letter="a.b"),
    "half a character": lambda bundle: bundle["named"].append("\ud800"),
    "a strange proof": lambda bundle: bundle["count"]["by_proof"].update({"\x1b[2J": 0}),
    "an object for a list": lambda bundle: bundle.update(sealed={}),
}


@pytest.mark.parametrize("change", MISFITS.values(), ids=MISFITS.keys())
def test_what_has_another_shape_is_no_bundle(bundle, change):
    change(bundle)

    answer = run("-", "--json", given=json.dumps(bundle))

    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith("This is not a bundle that this program knows: 'bundle")


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"{",
        b"\xff",
        b"null",
        b"[" * 100_000,
        b'{"format": 1, "format": 2}',
        b"<html></html>",
        b"9" * 5000,
    ],
)
def test_what_is_no_json_is_no_bundle(given):
    answer = run("-", given=given)

    assert answer.returncode == 1
    assert answer.stderr.startswith("This is not a bundle")
    assert len(answer.stderr.splitlines()) == 1


def test_a_member_that_stands_twice_is_refused(bundle):
    """Programs differ about which of the two they read."""
    twice = json.dumps(bundle)[:-1] + f', "letter": "{bundle["letter"]}"}}'

    answer = run("-", given=twice)

    assert json.loads(twice) == bundle
    assert (answer.returncode, answer.stdout) == (1, "")


def test_a_bundle_that_was_cut_is_refused(bundle):
    assert run("-", given=json.dumps(bundle)[:-1]).returncode == 1


def test_a_file_that_is_not_there_is_said_in_one_line(tmp_path):
    answer = run(str(tmp_path / "nothing"))

    assert (answer.returncode, len(answer.stderr.splitlines())) == (1, 1)


# --- What it is -----------------------------------------------------------------------------------------------
def test_it_needs_cryptography_and_nothing_of_ours():
    tree = ast.parse(TOOL.read_text(encoding="utf-8"))
    found = {
        alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    found |= {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert found - set(sys.stdlib_module_names) == {"cryptography"}


def test_it_connects_to_nothing_unless_asked(live_server, letter):
    address = f"{live_server.url}/api/v1/letters/{letter.slug}/bundle/"

    assert "cannot be read" in run(address).stderr
    assert run("--fetch", address).returncode == 0
    assert run("--fetch", f"{live_server.url}/api/v1/letters/unknown/bundle/").returncode == 1
    assert "starts with https://" in run("--fetch", str(TOOL)).stderr


def test_without_the_package_it_says_what_to_do():
    answer = subprocess.run([sys.executable, "-I", "-S", str(TOOL)], capture_output=True, text=True)

    assert (answer.returncode, "pip install cryptography" in answer.stderr) == (1, True)


def test_invalid_ones_are_in_no_bundle_and_it_fits_before_and_after():
    """As with withdrawn ones, fewer tokens are counted than were signed; the format has no place for more."""
    letter = make_letter(batch_size=5)
    made = [sign_sealed(letter) for _ in range(5)]
    batches.publish_full(letter)
    by, sealed_ones = letter.memberships.get().user, Condition(kinds=("sealed",), proof="mailbox")

    begun = invalidations.begin(letter, sealed_ones, number=1, expected=5, reason="Copied", by=by)
    said = verify(bundle_of(letter))
    assert (said["total"], said["keys"][0]["issued"], said["keys"][0]["counted"]) == (0, 5, 0)
    by_receipt.withdraw(made[0])
    invalidations.undo(begun, by=by)

    said = verify(bundle_of(letter))
    assert (said["total"], said["keys"][0]["issued"], said["keys"][0]["counted"]) == (4, 5, 4)
