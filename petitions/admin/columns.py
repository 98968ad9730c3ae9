"""What the list of letters says of each, read with the rows themselves."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Count, Exists, IntegerField, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from petitions.models import Delivery, HandOver, Letter, Signature


def counted(found: QuerySet[Letter]) -> QuerySet[Letter]:
    """With the number of signatures, the day of the latest, and whether it was delivered."""
    signatures = Signature.objects.counted().filter(letter=OuterRef("pk")).order_by().values("letter")
    number = Subquery(signatures.annotate(number=Count("pk")).values("number"), output_field=IntegerField())
    latest = Subquery(signatures.annotate(latest=Max("signed_on")).values("latest"))
    mailed = Exists(Delivery.objects.letters().gone().filter(letter=OuterRef("pk")))
    is_delivered = mailed | Exists(HandOver.objects.filter(letter=OuterRef("pk")))
    return found.annotate(
        signature_count=Coalesce(number, 0), latest_signature=latest, is_delivered=is_delivered
    )


class CountedList(ChangeList):
    """Only the list counts: one letter's pages ask for their own numbers."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Letter]:
        self.root_queryset = counted(self.root_queryset)
        return super().get_queryset(request, exclude_parameters)


@admin.display(description=gettext_lazy("state"), ordering="state")
def state(letter: Any) -> str:
    words = str(letter.get_state_display())
    return _("%(state)s, delivered") % {"state": words} if letter.is_delivered else words


@admin.display(description=gettext_lazy("signatures"), ordering="signature_count")
def signatures(letter: Any) -> str:
    return intcomma(letter.signature_count)


@admin.display(description=gettext_lazy("latest"), ordering="latest_signature")
def latest(letter: Any) -> str:
    return date_format(letter.latest_signature) if letter.latest_signature else ""
