"""What the OpenAPI document says is so: asked with whatever fits it, and with much that does not."""

from __future__ import annotations

from functools import cache

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from config.wsgi import application
from petitions.flows import batches, deliveries, letters, snapshots
from petitions.models import Appear, Snapshot
from tests.factories import make_letter, sign, sign_sealed

pytestmark = pytest.mark.django_db

SCHEMA = "/api/v1/openapi.json"
LIST = "/api/v1/letters/"
OF_A_LETTER = [f"{LIST}{{slug}}/{end}" for end in ("", "signatures/", "history/", "bundle/")]
KNOWN = {"slug": "fair-rota"}
POSITIVE = [(LIST, {}), *((path, known) for path in OF_A_LETTER for known in (KNOWN, {}))]
NEGATIVE = [(LIST, {}), *((path, {}) for path in OF_A_LETTER), (f"{LIST}{{slug}}/signatures/", KNOWN)]
ASKED = settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def one_connection():
    """Requests through WSGI would close the one that the test's rows are on. The test client does the same."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def letter():
    """Of every kind a row, so that no field is only ever empty."""
    letter = make_letter(slug="fair-rota", batch_size=5, goal=100, milestones=(1, 50))
    sign(letter, "Ada Lovelace", role="Engineer", statement="Because.")
    for _ in range(5):
        sign(letter, appear=Appear.ANONYMOUS)
        sign_sealed(letter)
    batches.publish_full(letter)
    demand, recipient = letter.demands.first(), letter.recipients.first()
    letter.responses.create(recipient=recipient, demand=demand, text="*Yes.*")
    letter.responses.create(recipient=recipient, text="Thank you.")
    letter.updates.create(title="Delivered", text="To **both**.")
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    snapshots.freeze_due()
    Snapshot.objects.update(first_body_at="2026-01-01T00:00Z")
    letter.deliveries.letters().update(state="accepted", finished_at="2026-01-01T00:00Z")
    letters.close(letter)
    return letter


@cache
def operation(path):
    return schemathesis.openapi.from_wsgi(SCHEMA, application)[path]["GET"]


@pytest.mark.parametrize(("path", "known"), POSITIVE)
def test_what_fits_the_document_is_answered_as_it_says(letter, path, known):
    """Only that a cursor must not be made up is more than a schema can say."""

    @ASKED
    @given(case=operation(path).as_strategy(path_parameters=known))
    def asked(case):
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    asked()


@pytest.mark.parametrize(("path", "known"), NEGATIVE)
def test_what_does_not_fit_is_refused_as_it_says(letter, path, known):
    @ASKED
    @given(case=operation(path).as_strategy(GenerationMode.NEGATIVE, path_parameters=known))
    def asked(case):
        case.call_and_validate()

    asked()
