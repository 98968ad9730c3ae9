"""How the site stands, for operators: what the doctor says, and when each job ran. Others find nothing here."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from petitions import doctor
from petitions.models import Job


@never_cache
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    if not (request.user.is_active and request.user.is_superuser):
        raise Http404
    findings = list(doctor.of_a_running_site())
    context = {
        "findings": findings,
        "wrong": sum(not finding.is_well for finding in findings),
        "jobs": [job for job in Job.objects.all() if Job.COMPARING not in job.name],
    }
    return render(request, "status/status.html", context)
