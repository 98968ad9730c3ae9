from __future__ import annotations

import pytest

from petitions.flows import letters
from petitions.models import Letter
from tests.factories import make_draft, make_letter

pytestmark = pytest.mark.django_db


def correct(letter: Letter, text: str) -> None:
    Letter.objects.filter(pk=letter.pk).update(text=text)
    letter.refresh_from_db()
    letters.correct(letter, by=letter.memberships.get().user)


def shown(client, letter: Letter) -> str:
    return " ".join(client.get(f"/letters/{letter.slug}/versions/").content.decode().split())


def test_earlier_signers_read_what_was_corrected_side_by_side(client):
    letter = make_letter()
    assert "Nothing: the text is the one that was opened" in shown(client, letter)
    assert "versions/" not in client.get(letter.get_absolute_url()).content.decode()

    correct(letter, "We ask for an *honest* rota.")

    text = shown(client, letter)
    assert "From version 1 to version 2" in text
    assert 'class="visually-hidden" >removed: </span>fair</del>* rota.' in text
    assert 'class="visually-hidden" >added: </span>honest</ins>* rota.' in text
    assert "Title: unchanged" in text
    assert f"{letter.get_absolute_url()}versions/" in client.get(letter.get_absolute_url()).content.decode()


def test_who_signed_first_sees_all_corrections_at_one_look(client):
    letter = make_letter()
    for text in ("We ask for a better rota.", "We ask for the best rota."):
        correct(letter, text)
    heads = [f"From version {old} to version {new}" for old, new in ((1, 3), (2, 3), (1, 2))]
    places = [shown(client, letter).index(head) for head in heads]
    assert places == sorted(places)


def test_drafts_have_no_versions_to_read(client):
    assert client.get(f"/letters/{make_draft().slug}/versions/").status_code == 404
