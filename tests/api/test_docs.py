"""The OpenAPI document, and the page for people that is made of it."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.django_db

NAMES = ["letters", "letter", "signatures", "history", "bundle"]


def test_the_document_tells_each_address_and_is_built_from_the_configured_site(client):
    document = client.get("/api/v1/openapi.json", headers={"Host": "localhost"}).json()

    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "http://testserver"}]
    assert list(document["paths"]) == [
        "/api/v1/letters/",
        *(f"/api/v1/letters/{{slug}}/{end}" for end in ("", "signatures/", "history/", "bundle/")),
    ]
    assert {tuple(each) for each in document["paths"].values()} == {("get",)}
    assert [each["get"]["operationId"] for each in document["paths"].values()] == NAMES


def test_the_page_for_people_tells_the_same_and_loads_nothing_from_elsewhere(client):
    document = client.get("/api/v1/openapi.json").json()

    answer = client.get("/api/v1/docs")
    text = answer.content.decode()

    assert answer.status_code == 200
    assert [path for path in document["paths"] if f"GET {path}</p>" not in text] == []
    shapes = document["components"]["schemas"]
    assert [name for name in shapes if f'<h3 id="{name}">' not in text] == []
    fields = [field for shape in shapes.values() for field in shape["properties"]]
    assert [field for field in fields if f"<code>{field}</code>" not in text] == []
    loaded = re.findall(r'(?:src|href|action)="([^"]*)"', text)
    assert [address for address in loaded if not address.startswith(("/", "#"))] == []
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "<script" not in text


def test_each_link_of_the_page_leads_somewhere(client):
    text = client.get("/api/v1/docs").content.decode()

    places = set(re.findall(r'id="([^"]+)"', text))

    assert set(re.findall(r'href="#([^"]+)"', text)) - places == set()
