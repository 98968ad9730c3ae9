"""How to count again: what the number consists of, the keys, the bundle, the verifier."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from petitions import counts
from petitions.crypto import tokens
from petitions.documents.letters import domain_names, papers_of
from petitions.documents.sentences import count_sentences, invalid_sentences, paper_sentences
from petitions.models import Letter, Version
from petitions.views.answers import for_letter
from petitions.views.remembered import remembered

GROUP = 8  # digits that an eye compares at once


@require_safe
@remembered
@for_letter
def verify(request: HttpRequest, letter: Letter) -> HttpResponse:
    tally, versions = counts.shown(letter), list(letter.versions.all())
    context = {
        "letter": letter,
        "tally": tally,
        "count_sentences": count_sentences(tally.as_json(), domain_names(letter)),
        "paper_sentences": paper_sentences(papers_of(letter)),
        "invalid_sentences": invalid_sentences(counts.shown_invalid(letter)),
        "keys": _keys(letter, versions[-1]),
        "versions": versions,
        "snapshots": letter.snapshots.all().told(),
        "bundle_url": settings.SITE_URL + reverse("api:bundle", args=[letter.slug]),
        "verifier_url": settings.SITE_URL + static("undersigned-verify.py"),
    }
    return render(request, "verify/verify.html", context)


def _keys(letter: Letter, version: Version) -> list[dict[str, Any]]:
    """As people compare them; the line is for the text in force."""
    return [
        {
            "proof": key.get_proof_display(),
            "issued": key.issued,
            "groups": [key.key_id[start : start + GROUP] for start in range(0, len(key.key_id), GROUP)],
            "line": tokens.key_line(letter.slug, version.sha256, bytes(key.spki)),
        }
        for key in letter.public_keys.all()
    ]
