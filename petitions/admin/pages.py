"""Pages of a letter inside the workspace: the same frame, the same way of saying what was done."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from petitions.admin.site import workspace
from petitions.models import Letter
from petitions.views.answers import SeeOther


def show(
    request: HttpRequest, letter: Letter, name: str, title: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    frame = workspace.each_context(request) | {"letter": letter, "title": title, "subtitle": letter.title}
    return render(request, f"admin/letters/{name}.html", frame | context, status=status)


def done(
    request: HttpRequest, letter: Letter, sentence: str, *rest: object, to: str = "change"
) -> HttpResponse:
    """Say what happened on the next page; the `rest` of its address names a part of the letter."""
    messages.success(request, sentence)
    return go(letter, to, *rest)


def failed(
    request: HttpRequest, letter: Letter, sentence: str, *rest: object, to: str = "change"
) -> HttpResponse:
    """Somebody was faster, or the moment has passed: nothing was done."""
    messages.warning(request, sentence)
    return go(letter, to, *rest)


def go(letter: Letter, to: str, *rest: object) -> HttpResponse:
    return SeeOther(redirect(f"admin:petitions_letter_{to}", letter.pk, *rest).url)


def address(route: str, view: Any, name: str) -> Any:
    """One page of a letter, behind the workspace's door."""
    return path(f"<int:pk>/{route}", workspace.admin_view(view), name=f"petitions_letter_{name}")
