"""The page that says how to count again: what stands there is so, and the commands on it work."""

from __future__ import annotations

import html
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from petitions import mail
from petitions.flows import batches, deliveries, letters, snapshots
from petitions.models import Appear, Letter, PublicKey, Snapshot
from petitions.models.letters import random_slug
from tests.factories import make_draft, make_letter, sign, sign_sealed

pytestmark = pytest.mark.django_db

STATIC = Path(__file__).resolve().parents[2] / "static"


def page(client, letter):
    answer = client.get(f"/letters/{letter.slug}/verify/")
    assert answer.status_code == 200
    return answer.content.decode()


def words(text):
    """What is read: without tags, and white space as one space."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", text)).split())


@pytest.fixture
def letter():
    letter = make_letter(batch_size=5)
    sign(letter, "Ada Lovelace")
    sign(letter, appear=Appear.ANONYMOUS)
    for _ in range(4):
        sign_sealed(letter)
    batches.publish_full(letter)
    return letter


def deliver(letter, number=1):
    deliveries.deliver(letter, number=number, by=letter.memberships.get().user)
    snapshots.freeze_due()
    Snapshot.objects.update(first_body_at="2026-01-01T00:00Z")


def test_it_says_what_the_number_consists_of(client, letter):
    said = words(page(client, letter))

    for sentence in (
        "6 signatures. Here is what they are",
        "1 with a name",
        "4 anonymous, sealed",
        "1 anonymous by policy",
        "6 distinct work mailboxes at example.test, by typed code; names are as typed, not checked.",
        "it had signed 4 tokens",
    ):
        assert sentence in said


def test_it_says_what_is_not_shown(client, letter):
    said = words(page(client, letter))

    for sentence in (
        "That we added none. We hold the key, and could sign tokens for mailboxes that nobody proved.",
        "our own figure, and a coarse one",
        "That there are as many people.",
        "Names are as typed.",
        "has not been reviewed by anybody outside yet",
    ):
        assert sentence in said


def test_it_shows_the_key_for_reading_and_for_copying(client, letter):
    key, text = letter.public_keys.get(), page(client, letter)

    assert key.line in text
    shown = re.search(r'fingerprint" translate="no">(.*?)</p>', text, re.S)[1]
    assert re.findall(r"<span>(\w{8})</span>", shown) == re.findall(".{8}", key.key_id)
    assert words(shown) == key.key_id


def test_it_shows_every_hash_that_stands_elsewhere(client, letter):
    deliver(letter)
    letter.text = "Corrected."
    letter.save()
    letters.correct(letter, by=letter.memberships.get().user)
    letters.close(letter)
    snapshots.freeze_due()

    text = page(client, letter)

    hashes = [row.sha256 for row in [*letter.versions.all(), *letter.snapshots.all()]]
    assert re.findall(r'<dd><code translate="no">(\w{64})</code></dd>', text) == hashes
    assert len(hashes) == 4
    assert "by our account the secret half of the key is destroyed" in words(text)


def test_its_commands_recount_the_letter(client, letter, tmp_path):
    text = page(client, letter)
    (command,) = {
        line for line in lines(text) if line.endswith("undersigned-verify.py bundle.json") and "/" in line
    }
    address = re.search(r'href="([^"]+)" download="bundle.json"', text)[1]
    assert f"http://testserver{address}" in text
    assert 'href="http://testserver/static/undersigned-verify.py" download="undersigned-verify.py"' in text
    (tmp_path / "bundle.json").write_bytes(b"".join(client.get(address).streaming_content))
    (tmp_path / "undersigned-verify.py").write_bytes((STATIC / "undersigned-verify.py").read_bytes())

    python, *rest = shlex.split(command)
    answer = subprocess.run([sys.executable, *rest], cwd=tmp_path, capture_output=True, text=True)

    assert python == "recount/bin/python"
    assert (answer.returncode, "EVERYTHING FITS" in answer.stdout) == (0, True)
    assert "EVERYTHING FITS" in text


def lines(text):
    return [line for block in re.findall(r"<pre[^>]*>(.*?)</pre>", text, re.S) for line in block.splitlines()]


def test_the_letter_and_the_delivered_mail_lead_to_it(client, letter):
    deliver(letter)
    address = f"/letters/{letter.slug}/verify/"

    message = mail.compose(letter.deliveries.letters().first())

    assert f'href="{address}"' in client.get(letter.get_absolute_url()).content.decode()
    assert f"\nhttp://testserver{address}\n" in message.text + "\n"
    assert f'href="http://testserver{address}"' in message.html


def test_it_is_found_like_the_letter_and_sets_no_cookie(client):
    by_link = make_letter(slug=random_slug(), is_listed=False)
    draft, unknown = make_draft(slug="a-draft"), Letter(slug="unknown")

    answer = client.get(f"/letters/{by_link.slug}/verify/")

    assert (answer["X-Robots-Tag"], dict(answer.cookies), answer["Vary"]) == (
        "noindex",
        {},
        "Accept-Language",
    )
    others = [client.get(f"/letters/{letter.slug}/verify/") for letter in (draft, unknown)]
    assert [other.status_code for other in others] == [404, 404]
    assert others[0].content == others[1].content
    assert Client().post(f"/letters/{by_link.slug}/verify/").status_code == 405


def test_a_letter_without_a_key_says_so(client):
    letter = make_letter()
    PublicKey.objects.all().delete()

    assert "This letter has no key, and so no sealed signatures." in words(page(client, letter))


@pytest.mark.parametrize("number", [1, 3])
def test_it_needs_the_same_queries_for_any_number_of_rows(client, number, django_assert_num_queries):
    letter = make_letter()
    for index in range(number):
        sign(letter, f"Ada {'x' * index}")
        sign_sealed(letter)
        batches.publish_waiting(letter)
        letter.text = f"Text {index}"
        letter.save()
        letters.correct(letter, by=letter.memberships.get().user)
        deliver(letter, index + 1)

    with django_assert_num_queries(8):  # letter, versions, count, domains, paper, keys, snapshots, invalid
        text = page(client, letter)

    assert text.count('<dd><code translate="no">') == 2 * number + 1
