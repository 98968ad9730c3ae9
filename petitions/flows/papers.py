"""Signatures on paper, and earlier ones: entered by owners, a figure of their own. Nothing here touches the count."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from accounts.models import User
from petitions import erasures
from petitions.erasures import Kind
from petitions.flows import audit, snapshots
from petitions.models import Letter, Paper, PaperSignature


@transaction.atomic
def enter(letter: Letter, *, by: User, **fields: object) -> Paper:
    """A number that was counted by hand."""
    paper = letter.papers.create(**fields)
    _tell(paper, "paper_entered", by=by)
    return paper


@transaction.atomic
def change(paper: Paper, *, by: User, **fields: object) -> bool:
    """False when somebody has removed it meanwhile."""
    if not Paper.objects.filter(pk=paper.pk).update(**fields):
        return False
    _tell(paper, "paper_changed", by=by)
    return True


@transaction.atomic
def remove(paper: Paper, *, by: User) -> bool:
    """With its names. False when somebody was faster."""
    about = paper.pk
    erasures.note(Kind.PAPER, erasures.row(about, paper.entered_at))
    if not Paper.objects.filter(pk=about).delete()[0]:
        return False
    _tell(Paper(pk=about, letter=paper.letter), "paper_removed", by=by)
    return True


@transaction.atomic
def remove_name(signature: PaperSignature, *, by: User) -> bool:
    """The figure falls by one. False when somebody was faster."""
    erasures.note(Kind.PAPER_NAME, erasures.row(signature.pk, signature.paper.entered_at))
    if not PaperSignature.objects.filter(pk=signature.pk).delete()[0]:
        return False
    _tell(signature.paper, "paper_name_removed", by=by)
    return True


@transaction.atomic
def enter_names(letter: Letter, *, way: str, note: str, write: Callable[[Paper], object], by: User) -> Paper:
    """Names that were copied from paper, written by `write`; their number is the figure."""
    paper = letter.papers.create(way=way, note=note)
    write(paper)
    _tell(paper, "paper_imported", by=by)
    return paper


def _tell(paper: Paper, verb: str, *, by: User) -> None:
    """A picture that nobody has received yet is made anew with it."""
    paper.letter.share_lock()
    snapshots.thaw(paper.letter)
    audit.record(verb, letter=paper.letter, by=by, about=paper.pk)
