"""What a limit of this instance says when somebody reaches it."""

from __future__ import annotations

from playground.messages import count

WAIT_A_MINUTE = "Wait a minute, then try again."
TRY_LATER = "Try again later."
WRONG_CODES = f"Too many wrong room codes from this address. {WAIT_A_MINUTE}"
STREAM_OWNERS = {"visitor": "This browser", "address": "This address", "room": "This room"}


def requests_of_browser(limit: int) -> str:
    """Say that one browser sent too many requests."""
    return f"Too many requests: this browser sent more than {limit:,} in a minute. {WAIT_A_MINUTE}"


def requests_of_address(limit: int) -> str:
    """Say that one address sent too many requests."""
    return f"Too many requests: this address sent more than {limit:,} in a minute. {WAIT_A_MINUTE}"


def requests_of_room(limit: int) -> str:
    """Say that the followers of one room sent too many requests."""
    return (
        f"Too many requests: the followers of this room sent more than {limit:,} in a minute. "
        f"{WAIT_A_MINUTE}"
    )


def new_visitors(limit: int) -> str:
    """Say that an address or a room brought too many new visitors."""
    return (
        f"Too many new visitors from here in the last hour (limit: {limit:,}). "
        "Try again in an hour, or use a browser that has been here before."
    )


def rooms(limit: int) -> str:
    """Say that an address opened too many rooms."""
    return f"Limit reached: this address may open {count(limit, 'room')} per hour. {TRY_LATER}"


def runs(limit: int) -> str:
    """Say that an address started too many runs."""
    return f"Limit reached: this address may start {count(limit, 'run')} per hour. {TRY_LATER}"


def tables(limit: int) -> str:
    """Say that an address uploaded too many tables."""
    return f"Limit reached: this address may upload {count(limit, 'table')} per hour. {TRY_LATER}"


def names(limit: int) -> str:
    """Say that an address named or shared too many runs."""
    return (
        f"Limit reached: this address may name or share {count(limit, 'run')} per day. {TRY_LATER}"
    )


def streams(owner: str, limit: int) -> str:
    """Say that a visitor, an address or a room has too many pages that receive frames."""
    return (
        f"{STREAM_OWNERS[owner]} has {count(limit, 'open page')} with live updates, which is the "
        "limit. Close one, then reload this page."
    )
