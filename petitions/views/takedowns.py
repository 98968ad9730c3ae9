"""Asking that a name be taken down."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from petitions import limits
from petitions.flows import takedowns
from petitions.forms.takedowns import TakedownForm
from petitions.models import Letter
from petitions.views import errors
from petitions.views.answers import for_letter


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_letter
def ask(request: HttpRequest, letter: Letter, pk: UUID) -> HttpResponse:
    signature = get_object_or_404(letter.signatures.all().named(), pk=pk)
    form = TakedownForm(request.POST or None)
    context = {"letter": letter, "signature": signature, "form": form}
    if request.method != "POST":
        return render(request, "takedowns/form.html", context)
    if not form.is_valid():
        return render(request, "takedowns/form.html", context, status=422)
    if not limits.allows(limits.TAKEDOWNS, "takedown", limits.client(request)):
        return errors.too_often(request, seconds=3600)
    takedowns.ask(signature, reason=form.cleaned_data["reason"])
    return render(request, "takedowns/asked.html", {"letter": letter})
