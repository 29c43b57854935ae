"""What the command `playground` and its subcommands print."""

from __future__ import annotations

FEW_FILES = "This process may open %d files, but %d connections need more."
PORT_TAKEN = "Cannot serve on {host}, {ports}: {reason}. Try --port 0."


def port_range(first: int, last: int) -> str:
    """Return the tried ports in words: `port 5000` or `ports 5000 to 5019`."""
    return f"port {first}" if first == last else f"ports {first} to {last}"
