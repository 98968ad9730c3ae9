"""What makes an organizer look at a line: four marks, each computed by a pattern that stands here.

A flag is a question and no finding. A flagged name counts, and the public reads “name under review” until somebody
has looked; statements are read by an organizer anyway. `docs/review.md` says the same for organizers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import QuerySet, Value
from django.utils.translation import gettext_lazy as _

from petitions.forms.people import LINK, mixes_scripts
from petitions.models import Letter, Recipient, Workplace, prepared
from petitions.models.words import searchable
from petitions.recent import recent

# In a name or a role: a standing that this site gives nobody, and signs that look like its seal.
PRETENDING = {
    "official", "verified", "moderator", "spokesperson", "spokesman", "spokeswoman",
    "oficial", "verificado", "verificada", "moderador", "moderadora", "portavoz",
}  # fmt: skip
SEALS = set("✓✔☑✅✪®™©")
# In a name alone, where they name no person; as roles they are ordinary.
NO_PERSON = {
    "admin", "administrator", "support", "helpdesk", "webmaster", "undersigned",
    "department", "office", "team", "committee", "council", "union",
    "administrador", "administradora", "soporte", "departamento", "oficina", "equipo", "comite", "sindicato",
}  # fmt: skip
# In a role: the few at the very top. "Vice president" is what thousands are.
AT_THE_TOP = re.compile(
    r"\b(ceo|cfo|coo|cto|chief (executive|financial|operating|technology)( officer)?|(co-?)?founder|owner of"
    r"|(?<!vice )president|chair(man|woman|person)|board member|director(a)? general|presidente|fundador(a)?)\b"
)
# What is typed in jest most often. A namesake loses nothing but the time until somebody looks.
IN_JEST = {
    "adolf hitler", "barack obama", "bart simpson", "batman", "bill gates", "darth vader", "donald duck",
    "donald trump", "elon musk", "harry potter", "homer simpson", "jack the ripper", "james bond", "jane doe",
    "jeff bezos", "jesus christ", "joe biden", "john doe", "mark zuckerberg", "max mustermann", "mickey mouse",
    "santa claus", "satya nadella", "steve jobs", "sundar pichai", "superman", "taylor swift", "tim cook",
    "vladimir putin",
}  # fmt: skip
DIGITS = str.maketrans("01345$@", "oieassa")


class Flag(models.TextChoices):
    MIXED_SCRIPT = "mixed_script", _("Letters of several alphabets in one word, as look-alike names have.")
    OFFICIAL = "official", _("Looks official: an office at the top, a seal, or no person's name.")
    LINK = "link", _("Holds a link or an address.")
    FAMOUS = "famous", _("A recipient of this letter, or a name that is often typed in jest.")


@dataclass(frozen=True)
class Known:
    """What a letter is about, folded: nobody's name, and those to whom it goes."""

    groups: frozenset[str]
    recipients: tuple[frozenset[str], ...]


@recent
def known(letter: Letter) -> Known:
    """What has been so within the last half second: a flag is a question and no finding."""
    names = NAMES.all(letter=letter.pk)
    groups = [letter.signing_line, *(name for name, is_recipient in names if not is_recipient)]
    recipients = [name for name, is_recipient in names if is_recipient]
    return Known(
        frozenset(map(_folded, groups)), tuple(frozenset(_folded(name).split()) for name in recipients)
    )


def _names(letter: Any) -> QuerySet[Any, Any]:
    """Of its workplaces and of its recipients, and which of the two."""
    workplaces = Workplace.objects.filter(letters=letter).order_by().values_list("name", Value(False))
    recipients = Recipient.objects.filter(letter=letter).order_by().values_list("name", Value(True))
    return workplaces.union(recipients, all=True)


NAMES = prepared.Rows(_names)


def of_line(name: str, role: str, about: Known) -> list[Flag]:
    """Of a name and a role, before anybody reads them."""
    found = {
        Flag.MIXED_SCRIPT: mixes_scripts(f"{name} {role}"),
        Flag.OFFICIAL: _is_official(name, role, about),
        Flag.LINK: has_link(f"{name} {role}"),
        Flag.FAMOUS: _is_famous(_folded(name), about.recipients),
    }
    return [flag for flag, is_so in found.items() if is_so]


def of_statement(text: str) -> list[Flag]:
    found = {Flag.MIXED_SCRIPT: mixes_scripts(text), Flag.LINK: has_link(text)}
    return [flag for flag, is_so in found.items() if is_so]


def has_link(text: str) -> bool:
    return any(LINK.search(word) for word in text.split())


def _is_official(name: str, role: str, about: Known) -> bool:
    named, called = _folded(name), _folded(role)
    words = set(named.split())
    return bool(
        (words | set(called.split())) & PRETENDING
        or words & NO_PERSON
        or SEALS & set(name + role)
        or named in about.groups
        or AT_THE_TOP.search(called)
    )


def _is_famous(name: str, recipients: Iterable[frozenset[str]]) -> bool:
    """Every word of a recipient's name, in whatever order, or a name of the list with digits for letters."""
    words = set(name.split())
    is_recipient = any(theirs and theirs <= words for theirs in recipients)
    return is_recipient or " ".join(name.translate(DIGITS).split()) in IN_JEST


def _folded(text: str) -> str:
    """Without case, accents, dots and commas."""
    return " ".join(re.sub(r"[.,;:!?'\u2019\"()]", " ", searchable(text)).split())
