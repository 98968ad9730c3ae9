"""Reporting a letter to the operators, and being done with a report."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from petitions import erasures
from petitions.erasures import Kind
from petitions.flows import audit, deliveries
from petitions.models import Delivery, Letter, Report


@transaction.atomic
def make(letter: Letter, *, text: str) -> None:
    """Put it before the operators. Their mail does not quote it."""
    report = Report.objects.create(letter=letter, text=text)
    deliveries.tell_operators(letter, Delivery.Kind.REPORT, key=f"report:{report.pk}")


@transaction.atomic
def finish(report: Report, *, by: User) -> None:
    """Erase it; that there was one stays written down."""
    erasures.note(Kind.REPORT, erasures.row(report.pk, report.made_at))
    if Report.objects.filter(pk=report.pk).delete()[0]:
        audit.record("report_finished", letter=report.letter, by=by, about=report.pk)
