import socket

import pytest

from petitions.embedded import Refused, addresses


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("127.0.0.1", True),
        ("127.0.0.9", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.1", False),
    ],
)
def test_only_this_machine_is_loopback(host, answer):
    assert addresses.is_loopback(host) is answer


def test_a_taken_port_is_told_in_one_sentence():
    with addresses.listen() as other:
        port = other.getsockname()[1]

        with pytest.raises(Refused) as refusal:
            addresses.require_free("127.0.0.1", port)

    assert (
        str(refusal.value)
        == f"Port {port} is taken: stop what uses it, or choose another one with PORT=8001."
    )


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
def test_a_stranger_on_the_other_loopback_address_counts_as_taken():
    try:
        other = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("needs IPv6 on loopback")
    with other, pytest.raises(Refused):
        addresses.require_free("127.0.0.1", other.getsockname()[1])


def test_a_free_port_is_left_free():
    with addresses.listen() as other:
        port = other.getsockname()[1]

    addresses.require_free("127.0.0.1", port)
    addresses.require_free("127.0.0.1", port)


def test_an_address_of_somebody_else_is_refused():
    with pytest.raises(Refused, match=r"^Cannot listen on 192\.0\.2\.1, port 8000: "):
        addresses.require_free("192.0.2.1", 8000)
