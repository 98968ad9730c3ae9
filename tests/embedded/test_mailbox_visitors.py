"""Who may look into the mailbox."""

import pytest
from django.urls import reverse

from tests.embedded.sending import addresses, send

pytestmark = pytest.mark.usefixtures("sent_here")

JSON = {"HTTP_ACCEPT": "application/json"}


def test_nothing_is_kept_by_a_cache(client):
    assert {client.get(address)["Cache-Control"] for address in addresses()} == {
        "max-age=0, no-cache, no-store, must-revalidate, private"
    }


def test_looking_changes_nothing(client):
    assert [client.post(address).status_code for address in addresses()] == [405, 405, 405]


def test_unknown_mails_and_attachments_are_not_found(client):
    key = send(attachment=b"%PDF")
    unknown = [
        reverse("mailbox_html", args=["unheard-of"]),
        reverse("mailbox_attachment", args=["unheard-of", 0]),
        reverse("mailbox_attachment", args=[key, 1]),
    ]

    assert [client.get(address).status_code for address in unknown] == [404, 404, 404]


@pytest.mark.parametrize(
    "stranger",
    [
        {"REMOTE_ADDR": "192.0.2.1"},
        {"REMOTE_ADDR": "2001:db8::1"},
        {"REMOTE_ADDR": ""},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_X_FORWARDED_HOST": "localhost"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"HTTP_X_REAL_IP": "127.0.0.1"},
        {"HTTP_VIA": "1.1 proxy"},
    ],
)
def test_nobody_sees_it_from_elsewhere(client, stranger):
    assert [client.get(address, **stranger).status_code for address in addresses()] == [404, 404, 404]
    assert client.post("/mailbox/", **stranger).status_code == 404


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.0.0.2", "::1"])
def test_this_machine_sees_it(client, peer):
    assert client.get("/mailbox/", REMOTE_ADDR=peer, **JSON).status_code == 200


def test_there_is_no_mailbox_with_a_real_mail_server(client, settings):
    known = addresses()
    settings.MAILBOX_SOCKET = ""

    assert [client.get(address).status_code for address in known] == [404, 404, 404]
