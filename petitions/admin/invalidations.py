"""Declaring signatures invalid: a condition, the number that it would hit, and then watching, cancelling, undoing."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from petitions import counts
from petitions.admin import access, pages
from petitions.flows import invalidations
from petitions.forms.invalidations import ConditionForm, SureForm
from petitions.models import Condition, Invalidation, Letter, Tally
from petitions.views.answers import SeeOther

AGAIN = 3  # seconds until a browser looks how far it is


@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: HttpRequest, pk: int) -> HttpResponse:
    """What was declared invalid, and the form; posted, it only counts."""
    letter = access.letter(request, pk, roles=access.OWNERS)
    if letter.is_draft:
        return pages.failed(request, letter, _("Nobody has signed yet: the letter is a draft."))
    if request.method != "POST":
        number = invalidations.next_number(letter)
        return _form(request, letter, ConditionForm(letter, initial={"number": number}))
    form = ConditionForm(letter, request.POST)
    found = _forecast(letter, form)
    if found is None:
        return _form(request, letter, form)
    return _ask(request, letter, form, found)


@require_POST
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.OWNERS)
    form = SureForm(letter, request.POST)
    if not form.is_valid():
        return _again(request, letter, form)
    chosen = {name: form.cleaned_data[name] for name in ("number", "expected", "reason")}
    try:
        begun = invalidations.begin(letter, form.condition, **chosen, by=access.person(request))
    except invalidations.NumberTaken:
        sentence = _("Somebody declared signatures invalid since this page was opened. Please look again.")
        return pages.failed(request, letter, sentence, to="invalidations")
    except (invalidations.NumberChanged, invalidations.NothingMeant, invalidations.TooFewAnonymous):
        return _again(request, letter, form, has_changed=True)
    return _go(begun)


@require_safe
def one(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """How far it is. A page that is still at work asks the browser to look again."""
    letter = access.letter(request, pk, roles=access.OWNERS)
    invalidation = _find(letter, number)
    hit = invalidation.signatures.count()
    context = {
        "invalidation": invalidation,
        "hit": hit,
        "most": max(invalidation.expected, hit),
        "total": counts.recount(letter).total,
    }
    title = _("Invalid signatures, no. %(number)s") % {"number": number}
    answer = pages.show(request, letter, "invalidation", title, context)
    if invalidation.is_unfinished:
        answer["Refresh"] = str(AGAIN)
    return answer


@require_POST
def undo(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Also the way to cancel."""
    letter = access.letter(request, pk, roles=access.OWNERS)
    invalidation = _find(letter, number)
    try:
        invalidations.undo(invalidation, by=access.person(request))
    except invalidations.CannotBeUndone:
        return pages.failed(request, letter, _("This was undone before."), to="invalidations")
    return _go(invalidation)


def _forecast(letter: Letter, form: ConditionForm) -> Tally | None:
    """What the condition would hit now; None when the form says why not."""
    if not form.is_valid():
        return None
    try:
        return invalidations.forecast(letter, form.condition)
    except invalidations.NothingMeant:
        form.add_error(None, _("No signature meets this condition."))
    except invalidations.TooFewAnonymous:
        refusal = _(
            "This could tell who is behind an anonymous signature: of these kinds, a proof has fewer than %(size)s."
            " Please choose named signatures only."
        )
        form.add_error(None, refusal % {"size": letter.batch_size})
    return None


def _form(request: HttpRequest, letter: Letter, form: ConditionForm) -> HttpResponse:
    context = {"form": form, "earlier": letter.invalidations.all(), "batch_size": letter.batch_size}
    status = 422 if form.is_bound else 200
    return pages.show(request, letter, "invalidations", _("Declare invalid"), context, status=status)


def _ask(
    request: HttpRequest,
    letter: Letter,
    form: ConditionForm,
    found: Tally,
    *,
    sure: SureForm | None = None,
    has_changed: bool = False,
) -> HttpResponse:
    """The number first, by kind, and what would be left."""
    context: dict[str, Any] = {
        "form": sure or SureForm(letter, initial=_typed(form) | {"expected": found.total}),
        "found": found,
        "left": counts.recount(letter).total - found.total,
        "looked_for": _sentences(form.condition, form),
        "reason": form.cleaned_data["reason"],
        "has_changed": has_changed,
        "by_proof": bool(form.condition.proof),
    }
    status = 422 if sure or has_changed else 200
    return pages.show(request, letter, "invalidate", _("Declare invalid"), context, status=status)


def _again(
    request: HttpRequest, letter: Letter, sure: SureForm, *, has_changed: bool = False
) -> HttpResponse:
    """With the number of now; a wrong one was typed, or signatures came and went since."""
    form = ConditionForm(letter, request.POST)
    found = _forecast(letter, form)
    if found is None:
        return _form(request, letter, form)
    is_same = str(found.total) == request.POST.get("expected")
    return _ask(request, letter, form, found, sure=sure if is_same else None, has_changed=not is_same)


def _typed(form: ConditionForm) -> dict[str, Any]:
    """As it was posted, to be posted once more."""
    cleaned = form.cleaned_data
    keys = {name: cleaned[name].pk for name in ("workplace", "version") if cleaned.get(name)}
    return cleaned | keys


def _sentences(condition: Condition, form: ConditionForm) -> list[str]:
    """The condition in the words of its form."""
    shown = {
        name: str(form.cleaned_data[name])
        for name in ("workplace", "since", "until", "words")
        if form.cleaned_data.get(name)
    }
    if condition.version:
        shown["version"] = str(form.cleaned_data["version"].number)
    if condition.proof:
        shown["proof"] = str(dict(form.fields["proof"].choices)[condition.proof])  # type: ignore[attr-defined]
    return [f"{form.fields[name].label}: {words}" for name, words in shown.items()]


def _find(letter: Letter, number: int) -> Invalidation:
    return get_object_or_404(letter.invalidations.select_related("letter"), number=number)


def _go(invalidation: Invalidation) -> HttpResponse:
    place = redirect("admin:petitions_letter_invalidation", invalidation.letter_id, invalidation.number)
    return SeeOther(place.url)
