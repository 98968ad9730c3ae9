"""What the product is compared with: one file, one row on a page, a form that stores one row, a streamed table.

Django as it is, under the same server, database, pool and number of processes, with the middleware that a form needs.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator

import django
from django.conf import settings

LOADERS = "django.template.loaders"
PAGES = {
    "page.html": """<!DOCTYPE html>
<title>{{ row.name }}</title>
<h1>{{ row.name }}</h1>
<p>{{ row.role }}</p>
<p>{{ row.statement }}</p>
""",
    "form.html": """<!DOCTYPE html>
<title>Sign</title>
<form method="post">{% csrf_token %}<input name="name"><input name="role"><button>Sign</button></form>
""",
}

if not settings.configured:
    from config.settings import DATABASES

    settings.configure(
        SECRET_KEY=os.environ["SECRET_KEY"],
        ALLOWED_HOSTS=["localhost", "127.0.0.1"],
        DATABASES=DATABASES,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["django.contrib.contenttypes"],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "context_processors": ["django.template.context_processors.request"],
                    "loaders": [(f"{LOADERS}.cached.Loader", [(f"{LOADERS}.locmem.Loader", PAGES)])],
                },
            }
        ],
        CSRF_COOKIE_NAME="csrf",
        ROOT_URLCONF=__name__,
        USE_TZ=True,
    )
    django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse  # noqa: E402
from django.shortcuts import get_object_or_404, render  # noqa: E402
from django.urls import path  # noqa: E402


class Row(models.Model):
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=120)
    statement = models.CharField(max_length=280)
    day = models.DateField()

    class Meta:
        app_label = "benchmarks"
        db_table = "bare_rows"
        managed = False  # see seeds.py


class SeeOther(HttpResponseRedirect):
    status_code = 303


def page(request: HttpRequest) -> HttpResponse:
    return render(request, "page.html", {"row": get_object_or_404(Row, pk=1)})


def first_form(request: HttpRequest) -> HttpResponse:
    """Stores nothing: of five requests of a signature one inserts here."""
    if request.method == "POST":
        return SeeOther("/second/")
    return render(request, "form.html")


def second_form(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        _insert(request)
        return SeeOther("/page/")
    return render(request, "form.html")


def two_writes(request: HttpRequest) -> HttpResponse:
    """As a confirmation does: one row, and one change of another."""
    with transaction.atomic():
        row = _insert(request)
        Row.objects.filter(pk=row.pk).update(role="confirmed")
    return SeeOther("/page/")


def _insert(request: HttpRequest) -> Row:
    name, role = request.POST.get("name", ""), request.POST.get("role", "")
    return Row.objects.create(name=name, role=role, day="2026-01-01")


class Line:
    """What a CSV writer writes to: gives each line back."""

    def write(self, line: str) -> str:
        return line


def table(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(_lines(int(request.GET["rows"])), content_type="text/csv")


def _lines(number: int) -> Iterator[str]:
    writer = csv.writer(Line())
    rows = Row.objects.order_by("pk").values_list("name", "role", "statement", "day", "pk")[:number]
    for row in rows.iterator():
        yield writer.writerow(row)


def counted(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bare_rows")
        return HttpResponse(str(cursor.fetchone()[0]))


urlpatterns = [
    path("page/", page),
    path("first/", first_form),
    path("second/", second_form),
    path("two/", two_writes),
    path("rows.csv", table),
    path("count/", counted),
]

application = get_wsgi_application()
