"""The sample letters: brought in once, however often and wherever it was interrupted."""

from __future__ import annotations

import pytest

from petitions import counts, seeds
from petitions.flows import letters
from petitions.models import Letter, Signature, Workplace

pytestmark = pytest.mark.django_db

EXPECTED = {"facial-recognition-2018": ("closed", 450), "ask-before-you-watch-us": ("open", 0)}


def standing():
    return {letter.slug: (letter.state, counts.recount(letter).total) for letter in Letter.objects.all()}


def test_loading_twice_brings_them_in_once(monkeypatch):
    with monkeypatch.context() as killed:
        killed.setattr(letters, "close", interrupted)
        with pytest.raises(KeyboardInterrupt):
            list(seeds.load())
    assert Signature.objects.count() == 450

    for _ in range(2):
        list(seeds.load())

    assert standing() == EXPECTED
    assert (Signature.objects.count(), Workplace.objects.count()) == (450, 2)


def interrupted(*_arguments, **_named):
    raise KeyboardInterrupt
