"""Snapshots: what is hashed is the same wherever, and in whatever language, it is frozen or read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import translation

from petitions.api import bundles
from petitions.flows import deliveries, snapshots
from tests.catalogs import speak
from tests.factories import make_letter, sign

pytestmark = pytest.mark.django_db

VERIFIER = Path(__file__).resolve().parents[2] / "static" / "undersigned-verify.py"
LOOKALIKE = "Аda Lovelace"  # a Cyrillic first letter
GERMAN = {"name under review": "Name in Prüfung"}


@pytest.fixture
def german(settings, tmp_path):
    speak("de", GERMAN, settings, tmp_path)


@pytest.fixture
def letter():
    letter = make_letter()
    for name in ("Ada Lovelace", LOOKALIKE, "Zoë Last"):
        sign(letter, name)
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    return letter


def frozen(letter):
    snapshots.freeze_due()
    return letter.snapshots.get()


def test_list_and_hash_do_not_depend_on_the_worker_s_language(letter, german):
    with translation.override("de"):
        there = frozen(letter)
    snapshots.thaw(letter)
    here = frozen(letter)

    assert there.names == here.names == ["Ada Lovelace", "Zoë Last", "name under review"]
    assert there.sha256 == here.sha256


def test_a_reader_of_another_language_recounts_the_same(letter, german):
    snapshot = frozen(letter)
    letter.snapshots.update(first_body_at="2026-01-01T00:00Z")

    with translation.override("de"):
        bundle = "".join(bundles.pieces(letter))

    assert json.loads(bundle)["named"] == snapshot.names
    assert json.loads(bundle)["snapshots"][0]["is_todays_list"]
    recounted = subprocess.run(
        [sys.executable, VERIFIER, "-"], input=bundle, capture_output=True, text=True, timeout=30
    )
    assert recounted.returncode == 0, recounted.stdout + recounted.stderr


def test_the_page_says_it_in_the_reader_s_language(client, letter, german):
    for language, words in (("de", "Name in Prüfung"), ("en", "name under review")):
        page = client.get(f"{letter.get_absolute_url()}signatures/", headers={"accept-language": language})
        assert words in page.content.decode()
