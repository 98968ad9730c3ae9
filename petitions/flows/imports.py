"""Imports that were looked at and confirmed: all lines, or none."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from petitions.flows import audit, papers
from petitions.flows.recipients import respect
from petitions.forms.imports import PaperResource, RecipientResource
from petitions.forms.plans import Plan
from petitions.models import Letter, Paper


@transaction.atomic
def recipients(letter: Letter, plan: Plan, *, by: User) -> int:
    """How many were added or changed."""
    RecipientResource(letter).run(plan.table, dry_run=False)
    respect(letter)
    audit.record("recipients_imported", letter=letter, by=by, about=plan.number)
    return plan.number


@transaction.atomic
def names(letter: Letter, plan: Plan, *, way: str, note: str, by: User) -> Paper:
    """A figure of its own, as large as there are names."""
    return papers.enter_names(letter, way=way, note=note, by=by, write=lambda paper: _write(paper, plan))


def _write(paper: Paper, plan: Plan) -> None:
    resource = PaperResource(paper.letter)
    resource.paper = paper
    resource.run(plan.table, dry_run=False)
