"""What happens at once, in the workspace."""

from __future__ import annotations

from petitions import counts
from petitions.flows import invalidations
from petitions.models import Condition, Invalidation, Letter, Signature
from tests.beside import Beside
from tests.factories import make_letter, sign_many
from tests.weather.corpus import Case
from tests.weather.site import Counted, Site
from tests.weather.verdict import Seen


def invalidated_and_restored(site: Site, case: Case) -> Seen:
    """While two declare signatures invalid, a third takes it back: all count again, or none was brought back yet."""
    letter = make_letter()
    sign_many(letter, 100)
    by, counted = letter.memberships.get().user, Counted(site, letter)
    asked = {"number": 1, "expected": 100, "reason": "Typed by a program"}
    invalidations.begin(letter, Condition(words="grace hopper"), **asked, by=by)
    works = [Beside(lambda: invalidations.go_on(Letter.objects.get(pk=letter.pk))) for _ in range(2)]
    found = Invalidation.objects.select_related("letter").get(letter=letter)
    restored = Beside(lambda: invalidations.undo(found, by=by))
    outcomes = [each.outcome(60) for each in (*works, restored)]
    invalidations.go_on(Letter.objects.get(pk=letter.pk))
    valid = Signature.objects.filter(letter=letter, state="published").count()
    is_true = valid == counted.shown() == counts.recount(letter).total and valid in (0, 100)
    return {"outcome": "consistent" if outcomes == [None] * 3 else outcomes, "count_equals_rows": is_true}


RUNS = {"adm-008": invalidated_and_restored}
