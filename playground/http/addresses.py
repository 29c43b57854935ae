"""Addresses of this instance: which of them other people can open."""

from __future__ import annotations

import socket
from contextlib import closing
from ipaddress import ip_address
from urllib.parse import urlsplit

EVERYWHERE = "playground.everywhere"
"""The WSGI variable that says whether the server listens on all addresses of this machine."""
EVERY_ADDRESS = "0.0.0.0"
DOCUMENTATION_ADDRESS = ("192.0.2.1", 9)
"""An address and a port that nobody has (RFC 5737)."""


def local_address() -> str | None:
    """Return this machine's address in the local network, or None without a network.

    Connecting a datagram socket sends nothing: it asks the routing table which of our addresses
    would be used.
    """
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(DOCUMENTATION_ADDRESS)
            address: str = probe.getsockname()[0]
        except OSError:
            return None
    return None if is_loopback(address) or address == EVERY_ADDRESS else address


def is_loopback(host: str) -> bool:
    """Return whether a host name or address means this machine alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def for_others(url: str, listens_everywhere: bool) -> str | None:
    """Return the URL under which other people reach what this one reaches, or None if they cannot.

    An address of this machine alone becomes its address in the local network, if the server
    listens there.
    """
    parts = urlsplit(url)
    if not is_loopback(parts.hostname or ""):
        return url
    address = local_address() if listens_everywhere else None
    if address is None:
        return None
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=address + port).geturl()
