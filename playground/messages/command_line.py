"""What the command `playground` and its subcommands print."""

from __future__ import annotations

from playground.messages import count

FEW_FILES = "This process may open %d files. That is too few for %d connections."
PORT_TAKEN = "Cannot serve on {host}, {ports}: {reason}. Try --port 0."
NO_LIBRARIES = (
    "The browser's libraries are missing from static/vendor. "
    "Install the project again (pip install .), which downloads them."
)
ADDRESS = "Backprop Playground is at {address}  (press Ctrl+C to stop it)"
NO_NETWORK = (
    "This machine is not on a network, so nobody else can open the page yet. "
    "Join a network and start again."
)
WORKER_NEEDS_SETTINGS = (
    "A worker needs PLAYGROUND_REDIS_URL and PLAYGROUND_DATABASE_URL, with the same values as the "
    "web processes."
)
WORKER_NEEDS_PACKAGES = (
    "{error}. Install what workers need: pip install 'backprop-playground[hosted]'"
)
REFUSED = (
    "{url} answers {status}. Check that PLAYGROUND_DATA (or PLAYGROUND_SECRET) is the same as for "
    "the instance, and that this machine may read its metrics (PLAYGROUND_METRICS_FROM)."
)
NO_ANSWER = "No answer from {url}: {reason}."
ROOM_CLOSED = "Room {code} is closed."


def port_range(first: int, last: int) -> str:
    """Return the tried ports in words: `port 5000` or `ports 5000 to 5019`."""
    return f"port {first}" if first == last else f"ports {first} to {last}"


def invitation(code: str, runs_per_visitor: int, runs: int) -> str:
    """Return what a teacher reads, below the QR code that a class photographs."""
    return (
        f"\n{code}\n\nEveryone on this network can open it. "
        f"Limits: {count(runs_per_visitor, 'run')} per person and {count(runs, 'run')} in all. "
        "When a limit is reached, the least recently used run is deleted."
    )


def deleted(runs: int, number: str) -> str:
    """Say what was deleted of a visitor."""
    states = count(runs, "run or shared state", "runs and shared states")
    return f"Deleted {states} of visitor {number}."
