"""The sample letters of `seeds/`, brought in through the same forms and flows as everybody's."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import User
from petitions.flows import batches, letters, milestones, proofs, signatures
from petitions.forms.signatures import SignForm
from petitions.models import Letter, Workplace

FOLDER: Path = settings.BASE_DIR / "seeds"
ORGANIZERS = ("organizer@example.com", "second.organizer@example.com")


class SeedRefused(Exception):
    """A row of `seeds/` that a form does not accept."""


def load() -> Iterator[str]:
    """Bring in what is missing and say so, one line for each letter."""
    owner, editor = (User.objects.create_organizer(email) for email in ORGANIZERS)
    for path in sorted(FOLDER.glob("*.toml")):
        story = tomllib.loads(path.read_text(encoding="utf-8"))
        letter = Letter.objects.filter(slug=story["slug"]).first() or _opened(story, owner, editor)
        if letter.is_open:
            _sign(letter, story)
        if letter.is_open and story["is_closed"]:
            letters.close(letter, by=owner)
        yield f"{letter.title}: {letter.signatures.all().tally().total} signatures"


@transaction.atomic
def _opened(story: dict[str, Any], owner: User, editor: User) -> Letter:
    fields = ("slug", "title", "signing_line", "goal")
    letter = Letter(text=story["text"].strip(), **{field: story[field] for field in fields})
    letters.create(letter, by=owner)
    letter.memberships.create(user=editor, role="editor")
    letter.workplaces.add(_workplace(story["workplace"]))
    for number, demand in enumerate(story["demands"], start=1):
        letter.demands.create(number=number, title=demand["title"], text=demand["text"].strip())
    for recipient in story["recipients"]:
        letter.recipients.create(**recipient)
    for threshold in story["milestones"]:
        letter.milestones.create(threshold=threshold)
    letters.open_for_signing(letter, by=owner)
    return letter


def _workplace(told: dict[str, Any]) -> Workplace:
    workplace, is_new = Workplace.objects.get_or_create(
        name=told["name"], defaults={"head_count": told["head_count"]}
    )
    if is_new:
        for domain in told["domains"]:
            workplace.domains.create(name=domain)
    return workplace


def _sign(letter: Letter, story: dict[str, Any]) -> None:
    """Each row types its own code. A run that was killed goes on: whoever has signed is told so and left alone."""
    if "signatures" not in story:
        return
    with (FOLDER / story["signatures"]).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            form = SignForm(letter, row)
            if not form.is_valid():
                raise SeedRefused(f"{row}: {form.errors.as_text()}")
            _sign_one(letter, form)
    batches.publish_full(letter)
    milestones.check(letter)


def _sign_one(letter: Letter, form: SignForm) -> None:
    pending, code = proofs.challenge(letter, purpose="sign", domain=form.domain, **form.cleaned_data)
    try:
        signatures.sign(letter, pending, code)
    except signatures.AlreadySigned:
        return
