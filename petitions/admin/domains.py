"""Mail domains of a letter that get no codes at the moment, and letting them have codes again."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from petitions.admin import access, pages
from petitions.flows import bursts
from petitions.models import Domain


@require_POST
def lift(request: HttpRequest, pk: int, domain: int) -> HttpResponse:
    """For this letter alone; for all letters an operator lifts it."""
    letter = access.letter(request, pk, roles=access.OWNERS)
    found = get_object_or_404(Domain, pk=domain, workplace__letters=letter)
    if bursts.lift(found, letter=letter, by=access.person(request)):
        return pages.done(
            request, letter, _("Mailboxes at %(name)s get codes for this letter again.") % {"name": found}
        )
    return pages.failed(
        request, letter, _("Mailboxes at %(name)s get codes for this letter.") % {"name": found}
    )
