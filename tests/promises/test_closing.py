"""Closing: what was confirmed before it counts, what came after it is refused, whether or not a sweep runs."""

from __future__ import annotations

import random
import time
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from petitions import counts
from petitions.flows import letters
from petitions.models import Appear, Letter, WaitingSignature
from tests.factories import make_letter
from tests.promises.processes import until
from tests.promises.races import together
from tests.promises.signers import Browser, asked, is_acknowledged, typing
from tests.promises.sizes import sized

pytestmark = [
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(sized(300, 3000)),
]


@pytest.mark.promise("P10")
def test_nothing_is_counted_after_the_close_and_nothing_before_it_is_dropped(web, figures):
    """Each closing falls at a moment of chance among the confirmations; the web's answers say what was promised."""
    closings, seed = sized(3, 40), random.getrandbits(32)
    chance, took, late, dropped, refused = random.Random(seed), [], 0, 0, 0

    for _ in range(closings):
        letter = make_letter()
        answers, seconds = closed_in_the_rush(web.url, letter, chance)
        acknowledged = sum(map(is_acknowledged, answers))
        counted, at_closing = counts.recount(letter).total, letter.snapshots.get().count["total"]
        late, dropped = late + counted - at_closing, dropped + acknowledged - at_closing
        refused += len(answers) - acknowledged
        took.append(seconds)
        assert {answer.status for answer in answers} <= {303, 409}
        assert (acknowledged, counted, WaitingSignature.objects.count()) == (at_closing, at_closing, 0)
        assert letter.marks.count() == 0

    figures(seed=seed, closings=closings, confirmations=len(answers) * closings, refused=refused)
    figures(late=late, dropped=dropped, slowest_closing=round(max(took), 2))


def closed_in_the_rush(url, letter, chance):
    """What each who confirmed was answered, and how many seconds the closing took."""
    number, answers = sized(30, 200), []
    moment = chance.randrange(number)

    def close():
        until(lambda: len(answers) >= moment)
        began = time.monotonic()
        letters.close(Letter.objects.get(pk=letter.pk))
        return time.monotonic() - began

    people = [confirmation(url, letter, person, answers) for person in range(number)]
    *nothing, seconds = together([*people, close])
    assert set(nothing) == {None}
    return answers, seconds


def confirmation(url, letter, person, answers):
    """Every fourth is anonymous, and is published by the closing itself."""
    appear = Appear.FULL if person % 4 else Appear.ANONYMOUS
    paper = asked(letter, f"person{person}@example.test", name=f"Signer {person}", appear=appear)
    press = typing(url, letter, paper)
    return lambda: answers.append(press())


@pytest.mark.promise("P10")
def test_the_database_clock_closes_a_letter_that_no_sweep_has_closed(web):
    letter = make_letter()
    early, late = (asked(letter, f"{name}@example.test", name=name) for name in ("Ada", "Grace"))
    assert is_acknowledged(typing(web.url, letter, early)())

    Letter.objects.update(opens_at=Now() - timedelta(hours=1), closes_at=Now() - timedelta(seconds=1))

    assert typing(web.url, letter, late)().status == 409
    assert Browser(web.url).get(f"{letter.get_absolute_url()}sign/").status == 409
    assert (Letter.objects.get().state, counts.recount(letter).total) == ("open", 1)
    letters.close_overdue()
    assert (Letter.objects.get().state, letter.snapshots.get().count["total"]) == ("closed", 1)
