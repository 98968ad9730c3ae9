"""What search engines may find: letters that their organizers made public, and nothing that only a link opens."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps import views as sitemaps
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from petitions.models import Letter
from petitions.models.letters import LetterQuerySet

KEPT = 600  # seconds
# Forms. What only a link opens is not named here: robots may read it and are told there that it is not to be found.
CLOSED = [
    "/admin/",
    "/accounts/",
    *(f"/letters/*/{page}/" for page in ("sign", "code", "follow", "token", "redeem")),
]


class Letters(Sitemap):
    def items(self) -> LetterQuerySet:
        changed = {
            "corrected_at": Max("versions__made_at"),
            "told_at": Max("updates__posted_at"),
            "answered_at": Max("responses__responded_at"),
        }
        return Letter.objects.listed().annotate(**changed).defer("text").order_by("pk")

    def lastmod(self, letter: Letter) -> date:
        """A day: the minute in which something changed is nobody's business."""
        names = ("opened_at", "closed_at", "corrected_at", "told_at", "answered_at")
        return timezone.localdate(max(filter(None, (getattr(letter, name) for name in names))))

    def get_protocol(self, protocol: str | None = None) -> str:
        return urlsplit(settings.SITE_URL).scheme

    def get_domain(self, site: object = None) -> str:
        return urlsplit(settings.SITE_URL).netloc


@require_safe
@cache_control(public=True, max_age=KEPT)
def robots(_request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in CLOSED)]
    lines += ["", f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=KEPT)
def sitemap(request: HttpRequest) -> TemplateResponse:
    return sitemaps.sitemap(request, {"letters": Letters})
