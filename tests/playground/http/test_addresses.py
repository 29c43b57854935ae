"""Which address of this instance other people can open."""

from __future__ import annotations

import pytest

from playground.http import addresses
from playground.http.addresses import for_others, is_loopback


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.8.0.1", "::1", "[::1]", "a.localhost"]
)
def test_an_address_of_this_machine_alone_is_recognised(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["192.168.1.7", "playground.example.edu", "10.0.0.1", "localhost.example"]
)
def test_an_address_in_a_network_is_recognised(host: str) -> None:
    assert not is_loopback(host)


def test_an_invitation_carries_an_address_that_others_can_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(addresses, "local_address", lambda: "192.168.1.7")
    public = "https://playground.example.edu/rooms/ABCDEF"
    for everywhere in (True, False):
        assert for_others(public, everywhere) == public
    assert for_others("http://localhost:5000/rooms/A", True) == "http://192.168.1.7:5000/rooms/A"
    assert for_others("http://[::1]/a/rooms/A", True) == "http://192.168.1.7/a/rooms/A"
    assert for_others("http://localhost:5000/rooms/A", False) is None
    monkeypatch.setattr(addresses, "local_address", lambda: None)
    assert for_others("http://localhost:5000/rooms/A", True) is None
