"""Reporting a letter to the operators."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from petitions import limits
from petitions.flows import reports
from petitions.forms.reports import ReportForm
from petitions.views import errors


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def abuse(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        asked = request.GET.get("letter", "")[:100].replace("\x00", "")
        return render(request, "reports/form.html", {"form": ReportForm(initial={"letter": asked})})
    form = ReportForm(request.POST)
    if not form.is_valid():
        return render(request, "reports/form.html", {"form": form}, status=422)
    if not limits.allows(limits.TAKEDOWNS, "report", limits.client(request)):
        return errors.too_often(request, seconds=3600)
    reports.make(form.cleaned_data["letter"], text=form.cleaned_data["text"])
    return render(request, "reports/made.html")
