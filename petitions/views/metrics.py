"""How the site stands, for a program that holds the operator's token. Others find nothing here."""

from __future__ import annotations

import hmac

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from petitions.doctor import gauges


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not _may_read(request.headers.get("Authorization", "")):
        raise Http404
    return HttpResponse(gauges.text(), content_type=gauges.TYPE)


def _may_read(authorization: str) -> bool:
    kind, _space, token = authorization.partition(" ")
    is_bearer = bool(settings.METRICS_TOKEN) and kind.lower() == "bearer"
    return is_bearer and hmac.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
