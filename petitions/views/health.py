"""Is the process alive, and can it answer? Asked by whoever watches it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from petitions import doctor

TEXT = "text/plain; charset=utf-8"


@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """Touches nothing else: a database that is gone is no reason to start the web again."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Anybody may ask, so it names what is wrong and says no more."""
    wrong = [finding.key for finding in doctor.of_what_pages_need() if not finding.is_well]
    lines = [f"wrong: {key}" for key in wrong] or ["ok"]
    return HttpResponse("\n".join([*lines, ""]), status=503 if wrong else 200, content_type=TEXT)
