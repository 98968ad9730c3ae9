"""What operators see: the switch, frozen domains, held mails, jobs, reports, wrong numbers. No identities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from petitions.admin import access, troubles
from petitions.admin.site import workspace
from petitions.flows import bursts, deliveries, pauses, reports, restores, strangers
from petitions.flows.pauses import Switch
from petitions.models import AuditChain, Delivery, Domain, Installation, Job, Letter, Mismatch, Report
from petitions.views.answers import SeeOther


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    access.operator(request)
    context = workspace.each_context(request) | {
        "title": _("Operations"),
        "switches": _switches(),
        "frozen": Domain.objects.frozen(),
        "held": list(_held()),
        "jobs": [job for job in Job.objects.all() if not job.has_ended_well or Job.COMPARING not in job.name],
        "chain": AuditChain.only(),
        "reports": Report.objects.select_related("letter"),
        "mismatches": Mismatch.objects.select_related("letter"),
    }
    return render(request, "admin/operations.html", context)


def _held() -> Iterator[dict[str, Any]]:
    """By letter and reason. Where a first letter would go is said by domain: operators read no recipient's name."""
    rows = Delivery.objects.filter(state=Delivery.State.HELD).values("letter", "hold_reason")
    counted = rows.annotate(number=Count("pk")).order_by("letter", "hold_reason")
    letters = Letter.objects.in_bulk([row["letter"] for row in counted])
    for row in counted:
        letter, is_first = letters[row["letter"]], row["hold_reason"] == Delivery.Hold.FIRST
        domains = strangers.domains(letter) if is_first else []
        yield {"letter": letter, "number": row["number"], "is_first": is_first, "domains": domains}


SWITCHES = {
    Switch.MAILS: (
        gettext_lazy("Mails"),
        gettext_lazy("Signing goes on; codes are sent."),
        gettext_lazy("Paused: no mail leaves this site but codes."),
        gettext_lazy("Mails leave again."),
    ),
    Switch.SIGNING: (
        gettext_lazy("Signing"),
        gettext_lazy("Every open letter can be signed."),
        gettext_lazy("Paused: nobody can begin to sign. Whoever has a code or a token can still use it."),
        gettext_lazy("Letters can be signed again."),
    ),
    Switch.OPENING: (
        gettext_lazy("New letters"),
        gettext_lazy("Owners can open their letters."),
        gettext_lazy("Paused: no letter can be opened. Drafts can be written and saved."),
        gettext_lazy("Letters can be opened again."),
    ),
}


def _switches() -> list[dict[str, Any]]:
    stopped = Installation.stopped()
    return [
        {
            "value": switch.value,
            "name": name,
            "is_paused": is_paused,
            "says": paused if is_paused else running,
        }
        for switch, (name, running, paused, _resumed) in SWITCHES.items()
        for is_paused in [switch in stopped]
    ]


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Stop something for the whole site, or let it go on."""
    operator = access.operator(request)
    for step in ("pause", "resume"):
        if request.POST.get(step) in Switch:
            return _switched(request, Switch(request.POST[step]), operator, is_paused=step == "pause")
    return _done(request, _("Please choose what to pause."))


def _switched(request: HttpRequest, chosen: Switch, operator: User, *, is_paused: bool) -> HttpResponse:
    _name, _running, paused, resumed = SWITCHES[chosen]
    if not is_paused:
        pauses.resume_site(chosen, by=operator)
        return _done(request, str(resumed))
    number = pauses.pause_site(chosen, by=operator)
    too_late = troubles.too_late(number) if chosen is Switch.MAILS else ""
    return _done(request, f"{paused} {too_late}")


@require_POST
def decide_held(request: HttpRequest, pk: int) -> HttpResponse:
    operator, letter = access.operator(request), get_object_or_404(Letter, pk=pk)
    if request.POST.get("decision") == "release":
        number = restores.release(letter, by=operator)
        sentence = ngettext("%(number)s mail is released.", "%(number)s mails are released.", number)
        return _done(request, sentence % {"number": number})
    if request.POST.get("decision") == "cancel":
        number = deliveries.cancel_held(letter, by=operator)
        sentence = ngettext("%(number)s mail will not go out.", "%(number)s mails will not go out.", number)
        return _done(request, sentence % {"number": number})
    return _done(request, _("Please choose: release, or do not send."))


@require_POST
def lift_domain(request: HttpRequest, pk: int) -> HttpResponse:
    """Let codes leave again for every letter."""
    operator, domain = access.operator(request), get_object_or_404(Domain, pk=pk)
    bursts.lift_everywhere(domain, by=operator)
    return _done(request, _("Mailboxes at %(name)s get codes for every letter.") % {"name": domain})


@require_POST
def finish_report(request: HttpRequest, pk: int) -> HttpResponse:
    operator = access.operator(request)
    reports.finish(get_object_or_404(Report.objects.select_related("letter"), pk=pk), by=operator)
    return _done(request, _("The report is erased."))


def _done(request: HttpRequest, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return SeeOther(redirect("admin:operations").url)


workspace.pages += [
    path("operations/", workspace.admin_view(overview), name="operations"),
    path("operations/domains/<int:pk>/", workspace.admin_view(lift_domain), name="operations_domain"),
    path("operations/reports/<int:pk>/", workspace.admin_view(finish_report), name="operations_report"),
    path("operations/switch/", workspace.admin_view(switch), name="operations_switch"),
    path("operations/held/<int:pk>/", workspace.admin_view(decide_held), name="operations_held"),
]
