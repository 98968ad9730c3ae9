"""The step of typing a code. What the corpus asks of links that confirm is asked of codes where it fits."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db.models.functions import Now

from petitions.flows import letters
from petitions.models import Challenge, Letter
from tests.factories import make_letter
from tests.weather.corpus import Case
from tests.weather.site import Counted, Person, Site
from tests.weather.verdict import Seen
from tests.weather.wire import Answer

numbers = itertools.count(1)


class Asked:
    """Somebody who has asked for a code, and the code that came."""

    def __init__(self, site: Site) -> None:
        self.site, self.letter, self.person = site, make_letter(), Person(site)
        self.address = f"asker{next(numbers)}@example.test"
        assert self.person.ask_to_sign(self.letter, address=self.address).status == 303
        self.code = site.mails.code(self.address)
        self.counted = Counted(site, self.letter)

    @property
    def cookie(self) -> str:
        return self.person.cookies.kept["sign"]

    def page(self, path: str = "code/") -> str:
        return f"/letters/{self.letter.slug}/{path}"

    def in_another_browser(self, cookie: str = "") -> Person:
        other = Person(self.site)
        if cookie:
            other.cookies.kept["sign"] = cookie
        return other

    def still_works(self) -> bool:
        return self.in_another_browser(self.cookie).type_code(self.letter, self.code).status == 303


def refused(*answers: Answer) -> Seen:
    return {"outcome": "reject", "status": sorted({answer.status for answer in answers})}


def without_the_cookie(site: Site, case: Case) -> Seen:
    asked = Asked(site)
    answer = asked.in_another_browser().type_code(asked.letter, asked.code)
    tries = Challenge.objects.latest("expires_at").tries
    return refused(answer) | asked.counted.delta() | {"attempts_used": tries}


def at_once(site: Site, case: Case) -> Seen:
    asked, times = Asked(site), case.input["parallel"]["times"]
    cookie = asked.cookie
    people = [asked.in_another_browser(cookie) for _ in range(times)]
    with ThreadPoolExecutor(times) as pool:
        answers = [*pool.map(lambda person: person.type_code(asked.letter, asked.code), people)]
    answered = {answer.status for answer in answers}
    word = "idempotent" if 303 in answered and answered <= {303, 422} else f"differs: {answered}"
    return {"outcome": word, **asked.counted.delta()}


def in_other_spellings(site: Site, case: Case) -> Seen:
    asked = Asked(site)
    answers = [asked.person.type_code(asked.letter, code) for code in case.input["codes"]]
    assert {answer.status for answer in answers} == {422}
    right = asked.code.lower().replace("-", " ")
    is_taken = asked.person.type_code(asked.letter, f" {right} ").status == 303
    word = "accept_normalised" if is_taken and asked.counted.delta()["count_delta"] == 1 else "refused"
    worst = max(answer.status for answer in answers)
    return {"outcome": word, "never": "5xx" if worst < 500 else worst}


def for_something_else(site: Site, case: Case) -> Seen:
    """Of another letter, for another purpose, too old."""
    asked, other = Asked(site), Asked(site)
    of_another_letter = asked.in_another_browser(asked.cookie).type_code(other.letter, asked.code)
    follower = Person(site)
    follower.post(asked.page("follow/"), {"address": "me@home.test"})
    follower.cookies.kept["sign"] = follower.cookies.kept["follow"]
    for_following = follower.type_code(asked.letter, site.mails.code("me@home.test"))
    Challenge.objects.update(expires_at=Now() - timedelta(minutes=1))
    too_old = asked.person.type_code(asked.letter, asked.code)
    return refused(of_another_letter, for_following, too_old) | asked.counted.delta()


def with_a_harmed_cookie(site: Site, case: Case) -> Seen:
    """Changed, cut, sealed with another key, of another letter; and a used one, which changes nothing again."""
    asked, foreign = Asked(site), Asked(site)
    harmed = [*harmed_texts(asked.cookie), "A" * len(asked.cookie), foreign.cookie]
    answers = [asked.in_another_browser(each).type_code(asked.letter, asked.code) for each in harmed]
    untouched = asked.counted.delta()
    assert asked.person.type_code(asked.letter, asked.code).status == 303
    replayed = Counted(site, asked.letter)
    asked.in_another_browser(asked.cookie).type_code(asked.letter, asked.code)
    assert replayed.delta()["count_delta"] == 0
    return refused(*answers) | untouched | {"no_5xx": all(answer.status < 500 for answer in answers)}


def harmed_texts(secret: str) -> list[str]:
    """A sign changed, cut off, in capitals, with something behind it."""
    other = "A" if secret[5] != "A" else "B"
    flipped = secret[:5] + other + secret[6:]
    return [flipped, secret[:-3], secret.upper(), f"{secret}%00", f"{secret}%20"]


def asked_again_without_having_asked(site: Site, case: Case) -> Seen:
    """A code is sent again to whoever this browser asked for: it asked for nobody."""
    asked = Asked(site)
    never, cut = asked.in_another_browser(), asked.in_another_browser(asked.cookie[:-3])
    answers = [
        person.post(asked.page("code/again/"), {"address": "never@example.test"}) for person in (never, cut)
    ]
    same = (answers[0].status, answers[0].body) == (answers[1].status, answers[1].body)
    return {
        "outcome": "neutral" if same else "told apart",
        "status_same_as": "first_time_signer" if same else answers[1].status,
        "body_same_as": "first_time_signer" if same else "another",
        "mails": len(site.mails_but(asked.address)),
        **asked.counted.delta(),
    }


def opened_only(site: Site, case: Case) -> Seen:
    """Whatever looks at the page, as a scanner does, does not press its button."""
    asked = Asked(site)
    methods = case.input["method"] if isinstance(case.input["method"], list) else [case.input["method"]]
    browsers = (asked.in_another_browser(), asked.in_another_browser(asked.cookie))
    pages = [each.get(asked.page(), method=method) for each in browsers for method in methods]
    assert {page.status for page in pages} <= {200, 405}
    return {
        "outcome": "page_only",
        **asked.counted.delta(),
        "token_still_valid": asked.still_works(),
        "no_auto_submit": all(b"http-equiv" not in page.body for page in pages),
    }


def for_the_other_purpose(site: Site, case: Case) -> Seen:
    """The receipt as a code, the code as a receipt."""
    asked = Asked(site)
    signed = Asked(site)
    signed.person.type_code(signed.letter, signed.code)
    receipt = signed.person.receipt(signed.letter)
    answers = [
        asked.person.type_code(asked.letter, receipt),
        Person(site).post("/receipt/", {"receipt": asked.code, "act": "withdraw"}),
    ]
    return refused(*answers) | asked.counted.delta()


def with_a_harmed_code(site: Site, case: Case) -> Seen:
    asked = Asked(site)
    harmed = [asked.code[:-1] + ("2" if asked.code[-1] != "2" else "3"), asked.code[:-1], f"{asked.code}\x00"]
    answers = [asked.person.type_code(asked.letter, each) for each in harmed]
    return refused(*answers) | asked.counted.delta()


def through_a_shared_cache(site: Site, case: Case) -> Seen:
    asked = Asked(site)
    page = asked.person.get(asked.page())
    kept = {part.strip() for part in page.header("Cache-Control").split(",")}
    stranger = asked.in_another_browser().get(asked.page())
    leaks = "Ada Lovelace" in stranger.text or asked.address in stranger.text
    return {
        "outcome": "leak" if leaks else "no_leak",
        "cache_control_has": "no-store" if "no-store" in kept else "",
    }


def an_older_one(site: Site, case: Case) -> Seen:
    asked = Asked(site)
    asked.person.post(asked.page("code/again/"), {})
    site.mails.code(asked.address, number=2)
    return refused(asked.person.type_code(asked.letter, asked.code)) | asked.counted.delta()


def after_the_close(site: Site, case: Case) -> Seen:
    asked = Asked(site)
    letters.close(Letter.objects.get(pk=asked.letter.pk))
    answer = asked.person.type_code(asked.letter, asked.code)
    seen = refused(answer) | asked.counted.delta()
    assert answer.status == 409, (
        answer.text
    )  # our contract's word for closed, where the corpus knows 403 and 410
    return seen | {"status": 410, "message": "closed" if "closed" in answer.text else ""}


RUNS = {
    "code-002": without_the_cookie,
    "code-003": at_once,
    "code-005": in_other_spellings,
    "code-006": for_something_else,
    "code-008": with_a_harmed_cookie,
    "enum-005": asked_again_without_having_asked,
    "token-001": opened_only,
    "token-002": opened_only,
    "token-006": for_the_other_purpose,
    "token-007": with_a_harmed_code,
    "token-010": through_a_shared_cache,
    "token-011": an_older_one,
    "token-012": after_the_close,
}
