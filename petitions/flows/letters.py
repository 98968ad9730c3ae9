"""A letter's life: open, correct, close."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _

from accounts.models import User
from petitions.crypto import keys
from petitions.documents.canonical import sha256_hex
from petitions.flows import audit, batches, deliveries, jobs, milestones, snapshots, tokens
from petitions.models import Delivery, Installation, Letter, Membership, Proof, Version
from petitions.models.letters import random_slug

MARKS = ("sign",)  # keys that die at closing; followers are told of deliveries and answers afterwards
FOLLOWERS = "follow"


class NotReady(Exception):
    """The letter lacks something; `missing` names it, one sentence each."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(*missing)
        self.missing = missing


class NotADraft(Exception):
    """The letter was opened before."""


class NotOpen(Exception):
    """The letter is not open, or not any more."""


@transaction.atomic
def create(letter: Letter, *, by: User) -> Letter:
    """Save a new draft with its creator as owner."""
    letter.save()
    Membership.objects.create(letter=letter, user=by, role=Membership.Role.OWNER)
    audit.record("created", letter=letter, by=by)
    return letter


COPIED = ("text", "language", "signing_line", "contact_address", "is_listed", "accent", "goal", "batch_size")
OF_A_MILESTONE = ("threshold", "share", "is_for_organizers", "is_for_followers", "is_for_recipients", "text")


@transaction.atomic
def duplicate(letter: Letter, *, by: User) -> Letter:
    """A draft of one's own with the same words, demands, recipients, milestones and workplaces, and nothing else.

    Whoever wanted no more mail wants none of the copy either. Its address is made from the title when it is saved.
    """
    title = _("Copy of %(title)s") % {"title": letter.title}
    copied = {name: getattr(letter, name) for name in COPIED}
    copy = create(Letter(title=title[:200], slug=random_slug(), **copied), by=by)
    copy.workplaces.set(letter.workplaces.all())
    for demand in letter.demands.all():
        copy.demands.create(number=demand.number, title=demand.title, text=demand.text)
    for recipient in letter.recipients.exclude(address=""):
        row = {name: getattr(recipient, name) for name in ("name", "role", "address", "opted_out_at")}
        copy.recipients.create(**row)
    for milestone in letter.milestones.all():
        copy.milestones.create(**{name: getattr(milestone, name) for name in OF_A_MILESTONE})
    audit.record("duplicated", letter=letter, by=by, about=copy.pk)
    return copy


def missing(letter: Letter) -> list[str]:
    """What stands between this draft and opening, one sentence each."""
    is_paused = Installation.that_stops(Installation.Switch.OPENING).exists()
    wanted = {
        _("This site's operators paused the opening of letters. Your draft is kept."): not is_paused,
        _("It has no text."): letter.text.strip(),
        _("It makes no demand."): letter.demands.exists(),
        _("It has no recipient."): letter.recipients.exists(),
        _("No workplace may sign it."): letter.workplaces.filter(domains__isnull=False).exists(),
    }
    return [sentence for sentence, is_there in wanted.items() if not is_there]


@transaction.atomic
def open_for_signing(letter: Letter, *, by: User) -> Version:
    """Freeze text and demands as version 1 and let people sign. Raises `NotReady`, `NotADraft`."""
    lacking = missing(letter)
    if lacking:
        raise NotReady(lacking)
    for purpose in (*MARKS, FOLLOWERS):
        keys.create(settings.KEYS_DIR, letter.key_name(purpose))
    draft = Letter.objects.filter(pk=letter.pk, state=Letter.State.DRAFT)
    if not draft.update(state=Letter.State.OPEN, opened_at=Now(), opens_at=Coalesce("opens_at", Now())):
        raise NotADraft
    tokens.make_key(letter, Proof.MAILBOX)
    letter.refresh_from_db()
    version = _freeze(letter, number=1)
    audit.record("opened", letter=letter, by=by, about=version.sha256)
    return version


@transaction.atomic
def correct(letter: Letter, *, by: User) -> Version | None:
    """A new version of what stands in the letter now; None when nothing differs. Followers are told."""
    letter.hold_lock()
    current = letter.version
    if sha256_hex(_content(letter)) == current.sha256:
        return None
    version = _freeze(letter, number=current.number + 1)
    deliveries.tell_everybody(letter, Delivery.Kind.CORRECTION, key=f"version:{version.pk}", version=version)
    audit.record("corrected", letter=letter, by=by, about=version.sha256)
    return version


@transaction.atomic
def close(letter: Letter, *, by: User | None = None) -> None:
    """End signing: publish what waits, ask for the closing snapshot, forget who could have signed.

    `by` is None when the closing time came. Raises `NotOpen`.
    """
    letter.hold_lock()
    is_open = Letter.objects.filter(pk=letter.pk, state=Letter.State.OPEN)
    if not is_open.update(state=Letter.State.CLOSED, closed_at=Now()):
        raise NotOpen
    letter.refresh_from_db()
    batches.publish_waiting(letter)
    milestones.check(letter)
    snapshots.close(letter)
    letter.marks.all().delete()
    letter.invitations.all().delete()
    deliveries.tell_everybody(letter, Delivery.Kind.CLOSING, key=f"closing:{letter.pk}")
    audit.record("closed", letter=letter, by=by)
    transaction.on_commit(partial(destroy_keys, letter), robust=True)


def close_overdue() -> None:
    jobs.for_each(Letter.objects.overdue(), _close_in_time)


def _close_in_time(letter: Letter) -> None:
    with suppress(NotOpen):  # an organizer was faster
        close(letter)


def has_marks_keys(letter: Letter) -> bool:
    """Whether it can be told who has signed."""
    return all(_has_key(letter, purpose) for purpose in MARKS)


def is_closed_by_its_keys(letter: Letter) -> bool:
    """Those that seal are gone, which nobody makes anew, and that of its followers is there: only closing does so."""
    sealing = [key.private_name for key in letter.public_keys.select_related("letter")]
    is_any_left = any((settings.KEYS_DIR / name).exists() for name in sealing)
    return not is_any_left and _has_key(letter, FOLLOWERS) and (bool(sealing) or not has_marks_keys(letter))


def destroy_keys(letter: Letter) -> None:
    """After this, marks can be compared with nothing. Harmless to repeat: the sweep finishes what a crash left."""
    for name in _dying_keys(letter):
        keys.destroy(settings.KEYS_DIR, name)


def destroy_left_keys() -> None:
    for letter in Letter.objects.filter(state__in=[Letter.State.CLOSED, Letter.State.ARCHIVED]):
        if any((settings.KEYS_DIR / name).exists() for name in _dying_keys(letter)):
            destroy_keys(letter)


def _dying_keys(letter: Letter) -> list[str]:
    """Those of its marks, and those that sign tokens: nobody can be recognized or added after closing."""
    return [letter.key_name(purpose) for purpose in MARKS] + [
        key.private_name for key in letter.public_keys.select_related("letter")
    ]


def _has_key(letter: Letter, purpose: str) -> bool:
    return (settings.KEYS_DIR / letter.key_name(purpose)).exists()


def _freeze(letter: Letter, *, number: int) -> Version:
    """Pages and mails that name the letter name it as the text that is signed does."""
    content = _content(letter)
    version = Version.objects.create(letter=letter, number=number, sha256=sha256_hex(content), **content)
    letter.title = version.title
    letter.save(update_fields=["title"])
    return version


def _content(letter: Letter) -> dict[str, object]:
    """What is hashed: Markdown source in NFC with line feeds."""
    demands = letter.demands.order_by("number")
    return {
        "title": _plain(letter.title),
        "text": _plain(letter.text),
        "demands": [
            {"number": demand.number, "title": _plain(demand.title), "text": _plain(demand.text)}
            for demand in demands
        ],
    }


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
