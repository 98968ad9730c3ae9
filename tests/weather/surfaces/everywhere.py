"""Every address that the program has, so that none is left out: pages and their forms, filled with nonsense."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.timezone import localdate

from petitions.flows import invalidations, organizers, papers, takedowns
from petitions.models import Condition, Paper
from tests.factories import make_user, sign
from tests.weather import markup
from tests.weather.corpus import Case
from tests.weather.own import VALUES
from tests.weather.site import Person, Site
from tests.weather.surfaces.forms import ALLOWED, Place
from tests.weather.verdict import Seen
from tests.weather.wire import Answer

KINDS = [VALUES[kind] for kind in ("half a character", "a script", "a huge number")]
SENT = [itertools.cycle(KINDS[begin:] + KINDS[:begin]) for begin in (0, 1)]  # each field gets two of them
ASKED = "?q=%00%ff%3Cscript%3E&page=-1&line=x&next=//evil.example.test&lang=%F0%9F&o=1.-9&p=9" + "9" * 30
LAST = (
    "close",
    "remove",
    "discard",
    "cancel",
    "withdraw",
    "void",
    "delete",
    "leave",
    "logout",
)  # they end something
BLANK = re.compile(r"\(\?P<(\w+)>[^)]*\)")
# Where even the right address is answered as one that is not there: there are no passwords, no history, no mailbox
# but for `up`, no numbers without a token; a status is for operators; a secret in an address is of something else.
NOTHING = re.compile(
    r"/accounts/(password/|link/|2fa/webauthn/(keys|login)|confirm-email|inactive)|/admin/(<url>|.*/history/)"
    r"|/mailbox/|/metrics|/status/|/(organize|unsubscribe)/"
)
OF_OPERATORS = re.compile(r"/admin/(operations|petitions/workplace)/|/status/")


class Fields(HTMLParser):
    """The names of all that a page would send."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("input", "textarea", "select", "button") and given.get("name"):
            self.names.add(str(given["name"]))


def paths() -> list[str]:
    """With what is to be filled in, as `<name>`; those that end something last."""
    found = {*_walked(get_resolver().url_patterns, "/")}
    return sorted(found, key=lambda path: (max(LAST.index(w) if w in path else -1 for w in LAST), path))


def _walked(patterns: list[Any], before: str) -> Iterator[str]:
    for pattern in patterns:
        path = before + _blanks(pattern)
        if isinstance(pattern, URLResolver):
            yield from _walked(pattern.url_patterns, path)
        else:
            yield path


def _blanks(pattern: URLPattern | URLResolver) -> str:
    """Of a route, or of the expression that some of other programs are."""
    text = re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", BLANK.sub(r"<\1>", str(pattern.pattern)))
    return text.replace("\\Z", "").strip("^$").replace("/?", "/").replace("\\", "")


class Whole(Place):
    """Also with a row for each address of the workspace."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.operator = make_user(is_superuser=True)
        self.member = self.letter.memberships.create(user=make_user(), role="editor")
        self.letter.memberships.create(user=make_user(), role="owner")
        sign(self.letter, "Nobody Real")
        TOTP.activate(self.owner, generate_totp_secret())
        RecoveryCodes.activate(self.owner)
        self.known = self._of_the_letter() | self._rows()

    def _of_the_letter(self) -> dict[str, object]:
        letter, secret = self.letter, self.room.split("/")[2]
        return {
            "slug": letter.slug,
            "pk": letter.pk,
            "object_id": letter.pk,
            "app_label": "petitions",
            "secret": secret,
            "member": self.member.pk,
            "snapshot": self.snapshot.pk,
            "update": letter.updates.create(title="Soon", text="Not yet posted.").pk,
            "domain": letter.workplaces.get().domains.get().pk,
            "signature": self.signature.pk,
        }

    def _rows(self) -> dict[str, object]:
        letter, by, recipient = self.letter, self.owner, self.letter.recipients.first()
        takedowns.ask(self.signature, reason="Not me.")
        meant = {"number": 1, "expected": 1, "reason": "Typed by a program"}
        begun = invalidations.begin(letter, Condition(words="nobody real"), **meant, by=by)
        paper = papers.enter_names(letter, way="paper", note="At the gate", write=_a_name, by=by)
        kept = {"recipient": recipient, "snapshot": self.snapshot, "handed_on": localdate(), "way": "person"}
        return {
            "delivery": letter.deliveries.create(kind="closing", key=f"closing {letter.pk}", user=by).pk,
            "takedown": letter.takedowns.get().pk,
            "number": begun.number,
            "paper": paper.pk,
            "name": paper.signatures.get().pk,
            "response": letter.responses.create(recipient=recipient, text="No.").pk,
            "handover": letter.handovers.create(**kept).pk,
            "invitation": organizers.invite(letter, address="eve@private.test", role="editor", by=by).pk,
        }

    def filled(self, path: str) -> str:
        own = {
            "/admin/petitions/workplace/": {"object_id": self.letter.workplaces.get().pk},
            "/admin/operations/domains/": {"pk": self.known["domain"]},
            "/admin/operations/reports/": {"pk": self.letter.reports.create(text="It is wrong.").pk},
            "/letters/<slug>/signatures/": {"pk": self.signature.pk},
        }
        known = self.known | next((more for begin, more in own.items() if path.startswith(begin)), {})
        return re.sub(r"<(\w+)>", lambda blank: str(known.get(blank[1], "nobody-s")), path)


def _a_name(paper: Paper) -> None:
    paper.signatures.create(name="Rosa Parks")


def asked(site: Site, case: Case) -> Seen:
    """Opened with nonsense, posted to with nonsense in each field that its page has, and at a place that is none."""
    place = Whole(site)
    person = Person(site, user={"owner": place.owner, "operator": place.operator}.get(case.input["as"]))
    wrong, acting, missed = [], [], []
    for path in filter(lambda path: is_for(case.input["as"], path), paths()):
        filled = place.filled(path)
        page = person.get(f"{filled}{ASKED}")
        names = Fields(page.text).names if "text/html" in page.header("Content-Type") else set()
        fields = sorted({*names, "code", "confirmed", "act"} - {"csrfmiddlewaretoken"})
        answers = [page]
        answers += [person.get(re.sub("<[^>]*>", "%00%F0%9F", path))] if "<" in path else []
        answers += [person.post(filled, dict(zip(fields, sent, strict=False))) for sent in SENT]
        wrong += [f"{answer.status} at {path}" for answer in answers if answer.status not in {*ALLOWED, 405}]
        acting += [f"{what} at {path}" for answer in answers for what in acting_in(answer)]
        if {page.status, answers[-1].status} <= {404} and not NOTHING.match(path):
            missed.append(path)
        if path == "/status/":
            site.answers.remove(page)  # operators may read where the keys lie
    return {
        "outcome": "reject" if not (wrong or acting) else [*wrong, *acting],
        "no_5xx": not wrong,
        "must_not_execute": not acting,
        "each_is_there": missed or True,
    }


def is_for(who: str, path: str) -> bool:
    if who == "operator":
        return bool(OF_OPERATORS.match(path))
    return path.startswith(("/admin/", "/accounts/") if who == "owner" else "/") and not OF_OPERATORS.match(
        path
    )


def acting_in(answer: Answer) -> list[str]:
    """A mail brings its styles along, and is shown where nothing runs; a code to scan is drawn inside its page."""
    is_page = answer.header("Content-Type").startswith("text/html")
    found = markup.acting(answer.text) if is_page else []
    policy = answer.header("Content-Security-Policy")
    return [
        what
        for what in found
        if not (what.endswith(" style") and "sandbox" in policy)
        and not (what.startswith("img data:image/svg+xml") and "img-src 'self' data:" in policy)
    ]
