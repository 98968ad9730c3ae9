"""Who did what: the record of a letter for its owners and editors, and that of the whole site for operators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.models import User
from petitions.admin import access, pages
from petitions.admin.site import workspace
from petitions.models import AuditEvent, Letter

PAGE = 100
SENTENCES = {
    "closed": gettext_lazy("Closed the letter."),
    "erased_again": gettext_lazy("Erased again what had been erased before the database was restored."),
    "pages_shown": gettext_lazy("Let public pages be shown again after a restore."),
    "closed_again": gettext_lazy("Closed the letter again, after the database was restored."),
    "corrected": gettext_lazy("Corrected the text."),
    "created": gettext_lazy("Made the draft."),
    "delivered": gettext_lazy("Delivered the letter (number %(about)s)."),
    "delivery_cancelled": gettext_lazy("Cancelled a mail (number %(about)s)."),
    "domain_frozen": gettext_lazy("Stopped codes to a mail domain, because of a burst."),
    "domain_lifted": gettext_lazy("Let codes leave to a mail domain again."),
    "draft_deleted": gettext_lazy("Deleted a draft (number %(about)s)."),
    "duplicated": gettext_lazy("Made a copy of the letter as a draft (number %(about)s)."),
    "edited": gettext_lazy("Saved the letter's page."),
    "hand_over_taken_back": gettext_lazy(
        "Took back a note that the letter was handed over (number %(about)s)."
    ),
    "handed_over": gettext_lazy("Wrote down that the letter was handed over (number %(about)s)."),
    "held_after_restore": gettext_lazy("Held what was unsent after a restore (%(about)s)."),
    "held_first": gettext_lazy(
        "Delivered to other domains for the first time; an operator looks first (%(about)s)."
    ),
    "held_released": gettext_lazy("Released held mails (%(about)s)."),
    "invalidation_begun": gettext_lazy("Began to declare signatures invalid (number %(about)s)."),
    "invalidation_undone": gettext_lazy(
        "Brought back signatures that had been declared invalid (number %(about)s)."
    ),
    "invitations_printed": gettext_lazy("Printed a sheet of invitations."),
    "invitations_voided": gettext_lazy("Voided unused invitations."),
    "key_remade": gettext_lazy("Made a lost key anew."),
    "line_hidden": gettext_lazy("Hid a line of the list."),
    "name_approved": gettext_lazy("Approved a name."),
    "name_hidden": gettext_lazy("Hid a name after a request."),
    "name_kept": gettext_lazy("Kept a name after a request."),
    "opened": gettext_lazy("Opened the letter for signing."),
    "organizer_invitation_withdrawn": gettext_lazy("Withdrew an invitation to organize (number %(about)s)."),
    "organizer_invited": gettext_lazy("Invited somebody to organize (number %(about)s)."),
    "organizer_joined": gettext_lazy("Became an organizer."),
    "organizer_left": gettext_lazy("Left the letter's organizers."),
    "organizer_made_editor": gettext_lazy("Made an organizer an editor (account %(about)s)."),
    "organizer_made_owner": gettext_lazy("Made an organizer an owner (account %(about)s)."),
    "organizer_made_reviewer": gettext_lazy("Made an organizer a reviewer (account %(about)s)."),
    "organizer_removed": gettext_lazy("Removed an organizer (account %(about)s)."),
    "paper_changed": gettext_lazy("Changed an entry of signatures on paper (number %(about)s)."),
    "paper_entered": gettext_lazy("Entered signatures on paper (number %(about)s)."),
    "paper_imported": gettext_lazy("Imported names from paper (number %(about)s)."),
    "paper_name_removed": gettext_lazy("Removed one name from those on paper (number %(about)s)."),
    "paper_removed": gettext_lazy("Removed an entry of signatures on paper (number %(about)s)."),
    "paused": gettext_lazy("Paused the letter's mails."),
    "pinned": gettext_lazy("Put a name above the others."),
    "purged": gettext_lazy("Erased what the retention rules no longer keep (%(about)s)."),
    "recipient_opted_in": gettext_lazy("A recipient takes mail again."),
    "recipient_opted_out": gettext_lazy("A recipient wants no more mail."),
    "recipients_imported": gettext_lazy("Imported recipients (%(about)s)."),
    "report_finished": gettext_lazy("Dealt with a report."),
    "response_hidden": gettext_lazy("Hid the words of an answer (number %(about)s)."),
    "response_published": gettext_lazy("A recipient published an answer."),
    "response_recorded": gettext_lazy("Recorded an answer."),
    "response_shown": gettext_lazy("Showed the words of an answer again (number %(about)s)."),
    "resumed": gettext_lazy("Let the letter's mails leave again."),
    "retention_seen": gettext_lazy("Read what is kept about signers."),
    "signatures_exported": gettext_lazy("Exported the signatures."),
    "opt_outs_begun_anew": gettext_lazy(
        "Gave up the lost key of those who want no mail; known again: %(about)s."
    ),
    "opening_paused": gettext_lazy("Stopped the opening of letters."),
    "opening_resumed": gettext_lazy("Let letters be opened again."),
    "signing_paused": gettext_lazy("Paused signing for the whole site."),
    "signing_resumed": gettext_lazy("Let letters be signed again."),
    "site_paused": gettext_lazy("Paused all mails of the site."),
    "site_resumed": gettext_lazy("Let the site's mails leave again."),
    "statement_not_shown": gettext_lazy("Took a statement off the list."),
    "statement_shown": gettext_lazy("Put a statement on the list."),
    "test_mail_sent": gettext_lazy("Sent a test mail to their own address."),
    "unknown_again": gettext_lazy("Decided to send a mail again that may have arrived (number %(about)s)."),
    "unknown_sent": gettext_lazy("Decided to count a mail as sent (number %(about)s)."),
    "unpinned": gettext_lazy("Put a name back among the others."),
    "unscheduled_after_restore": gettext_lazy("Took updates off their schedule after a restore."),
    "update_discarded": gettext_lazy("Deleted the draft of an update (number %(about)s)."),
    "update_posted": gettext_lazy("Posted an update."),
    "update_rewritten": gettext_lazy("Rewrote an update (number %(about)s)."),
    "update_scheduled": gettext_lazy("Scheduled an update (number %(about)s)."),
    "update_tried": gettext_lazy("Sent a test of an update to their own address (number %(about)s)."),
    "update_unscheduled": gettext_lazy("Took an update off its schedule (number %(about)s)."),
    "update_written": gettext_lazy("Wrote the draft of an update (number %(about)s)."),
}


@dataclass(frozen=True)
class Line:
    number: int
    at: datetime
    what: str
    who: str
    letter: str = ""


@require_safe
def of_a_letter(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.EDITORS)
    page = Paginator(letter.events.latest_first(), PAGE).get_page(request.GET.get("page"))
    people = _people(letter, page)
    lines = [Line(event.number, event.at, sentence(event), _who(event, people.get)) for event in page]
    return pages.show(request, letter, "events", _("Who did what"), {"page": page, "lines": lines})


@require_safe
def of_the_site(request: HttpRequest) -> HttpResponse:
    """With numbers of accounts and letters, and nobody's name or address."""
    access.operator(request)
    verb = request.GET.get("verb", "")
    events = AuditEvent.objects.latest_first()
    page = Paginator(events.filter(verb=verb) if verb in SENTENCES else events, PAGE).get_page(
        request.GET.get("page")
    )
    context = workspace.each_context(request) | {
        "title": _("Who did what"),
        "page": page,
        "verb": verb,
        "verbs": {verb: str(sentence) % {"about": "…"} for verb, sentence in SENTENCES.items()},
        "lines": [
            Line(event.number, event.at, sentence(event), _who(event, _account), str(event.letter_id or ""))
            for event in page
        ],
    }
    return render(request, "admin/events.html", context)


def sentence(event: AuditEvent) -> str:
    """What was done; the bare word for one that has no sentence here, of a newer version for example."""
    words = SENTENCES.get(event.verb)
    return str(words) % {"about": event.object_id} if words else event.verb.replace("_", " ")


def _who(event: AuditEvent, name: Callable[[int], str | None]) -> str:
    if event.actor_id is None:
        return _("nobody with an account")
    return name(event.actor_id) or _("somebody who is no organizer of this letter now")


def _people(letter: Letter, events: Page[AuditEvent]) -> dict[int, str]:
    """Organizers know each other by their addresses; operators are not named."""
    actors = User.objects.filter(pk__in={event.actor_id for event in events}, is_superuser=True)
    operators = dict.fromkeys(actors.values_list("pk", flat=True), _("an operator"))
    return operators | dict(letter.memberships.values_list("user", "user__email"))


def _account(number: int) -> str:
    return _("account %(number)s") % {"number": number}


workspace.pages += [
    path("operations/events/", workspace.admin_view(of_the_site), name="operations_events"),
]
