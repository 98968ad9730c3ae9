"""What is typed and not saved: saved for a moment, read, and taken back, so that it is read as it would be stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.admin import ModelAdmin
from django.db import transaction
from django.forms import all_valid
from django.http import HttpRequest
from django.utils.text import capfirst

from petitions.admin import access
from petitions.flows import letters
from petitions.forms import contents
from petitions.forms.editing import SEEN
from petitions.models import Letter

Result = TypeVar("Result")
NEW = 0  # in addresses: a letter that was never saved


class Refused(Exception):
    """It cannot be saved as it is; `forms` say why."""

    def __init__(self, forms: list[Any]) -> None:
        super().__init__()
        self.forms = forms


@transaction.atomic
def read(
    admin: ModelAdmin[Letter], request: HttpRequest, letter: Letter | None, look: Callable[[Letter], Result]
) -> Result:
    """What `look` finds in the letter with everything that was typed. Nothing of it stays. Raises `Refused`."""
    is_change = letter is not None
    form = admin.get_form(request, letter, change=is_change)(_posted(request, letter), instance=letter)
    is_valid = form.is_valid()
    formsets, _inlines = admin._create_formsets(request, form.instance, change=is_change)  # type: ignore[attr-defined]
    if not all_valid(formsets) or not is_valid:
        raise Refused([form, *formsets])
    try:
        return look(_store(request, form, formsets, is_change=is_change))
    finally:
        transaction.set_rollback(True)


def _posted(request: HttpRequest, letter: Letter | None) -> Any:
    """Nothing is overwritten, so it does not matter who has saved meanwhile."""
    posted: Any = request.POST.copy()
    if letter:
        posted[SEEN] = contents.digest(letter)
    return posted


def _store(request: HttpRequest, form: Any, formsets: list[Any], *, is_change: bool) -> Letter:
    letter: Letter = form.save(commit=False)
    if is_change:
        letter.save()
    else:
        letters.create(letter, by=access.person(request))
    form.save_m2m()
    for formset in formsets:
        formset.save()
    return Letter.objects.get(pk=letter.pk)


def reasons(forms: list[Any]) -> list[str]:
    """Why it cannot be saved, one sentence each, with the name of its field."""
    found: list[str] = []
    for form in forms:
        if hasattr(form, "forms"):
            found += [*form.non_form_errors(), *reasons(form.forms)]
        else:
            found += [_named(form, name, error) for name, errors in form.errors.items() for error in errors]
    return found


def _named(form: Any, name: str, error: str) -> str:
    return f"{capfirst(str(form.fields[name].label))}: {error}" if name in form.fields else error
