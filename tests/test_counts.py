from __future__ import annotations

import pytest
from django.core.cache import caches

from petitions import counts
from tests.factories import make_letter, sign

pytestmark = pytest.mark.django_db


def test_a_shown_number_is_remembered_and_the_truth_is_not(settings):
    settings.COUNT_SECONDS = 60
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    assert counts.shown(letter).total == 1

    sign(letter, "Grace Hopper")

    assert (counts.shown(letter).total, counts.recount(letter).total) == (1, 2)
    caches["default"].clear()
    assert counts.shown(letter).total == 2


def test_without_the_cache_the_rows_are_counted(settings):
    settings.COUNT_SECONDS = 60
    settings.CACHES = settings.CACHES | {
        "default": settings.CACHES["default"] | {"LOCATION": "unix:///nowhere.sock"}
    }
    letter = make_letter()
    sign(letter, "Ada Lovelace")

    assert counts.shown(letter).total == 1
    sign(letter, "Grace Hopper")
    assert counts.shown(letter).total == 2
