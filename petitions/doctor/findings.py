"""Findings: what was looked at, whether it is well, and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import structlog
from django.utils.translation import gettext as _

log = structlog.stdlib.get_logger(__name__)


class Wrong(Exception):
    """What is wrong and what to do, in a sentence or two."""


class Unknown(Wrong):
    """It could not be looked at, so nobody may call it well."""


@dataclass(frozen=True)
class Check:
    """`look` gives a sentence when all is well, and raises `Wrong` otherwise."""

    name: Any
    look: Callable[[], str]

    @property
    def key(self) -> str:
        """As programs know it."""
        return str(getattr(self.look, "func", self.look).__name__)


@dataclass(frozen=True)
class Finding:
    key: str
    name: str
    is_well: bool
    sentence: str
    is_known: bool = True


def examine(checks: Iterable[Check]) -> Iterator[Finding]:
    """One after the other; whatever one stumbles over is its finding, and stops no other."""
    for check in checks:
        try:
            yield Finding(check.key, str(check.name), True, check.look())
        except Wrong as wrong:
            yield Finding(
                check.key, str(check.name), False, str(wrong), is_known=not isinstance(wrong, Unknown)
            )
        except Exception as error:
            log.warning("The doctor stumbled.", check=check.key, error=type(error).__name__)
            sentence = _("It could not be looked at (%(error)s).") % {"error": type(error).__name__}
            yield Finding(check.key, str(check.name), False, sentence, is_known=False)
