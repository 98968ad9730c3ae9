"""Every address of the program, from the URL configuration: a test that walks them misses no new one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.urls import URLPattern, URLResolver

from petitions.admin.site import workspace
from petitions.api import urls as api
from petitions.urls import urlpatterns

Patterns = Sequence[URLPattern | URLResolver]


def public() -> dict[str, set[str]]:
    """Each name, with the arguments that its address takes; without a name are answers to unknown addresses."""
    return {name: takes for name, takes in _named([*urlpatterns, *api.urlpatterns]) if name}


def of_the_workspace() -> dict[str, set[str]]:
    """The same below /admin/; what has no name there is Django's answer to unknown addresses."""
    return {f"admin:{name}": takes for name, takes in _named(workspace.urls[0]) if name}


def _named(patterns: Patterns) -> Iterator[tuple[str, set[str]]]:
    for pattern in patterns:
        takes = set(pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            place = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from (
                (name and f"{place}{name}", more | takes) for name, more in _named(pattern.url_patterns)
            )
        else:
            yield pattern.name or "", takes
