"""The keyboard shortcuts: one table that pages, their help, tests and manual read.

A key presses the button that names it (`data-key`, from `shortcut`), so that it can do nothing
that a click cannot; static/js/keys.js is the one place that listens.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup

EVERYWHERE = ""
"""The page of what holds on every page."""


@dataclass(frozen=True)
class Key:
    """A key: as the browser names it (`KeyboardEvent.key`), as people and as ARIA do, and what it
    does, page by page.
    """

    name: str
    key: str
    shown: str
    aria: str
    does: dict[str, str] = field(hash=False)

    def on(self, page: str) -> str:
        """What it does on a page, or nothing."""
        return self.does.get(page, self.does.get(EVERYWHERE, ""))


KEYS: tuple[Key, ...] = (
    Key("play", " ", "space", "Space",
        {"expression": "Play or pause the walk", "network": "Play or pause the training"}),
    Key("forward", "ArrowRight", "→", "ArrowRight",
        {"expression": "One step forward", "network": "One step of training"}),
    Key("back", "ArrowLeft", "←", "ArrowLeft",
        {"expression": "One step back", "network": "Look one step back"}),
    Key("first", "Home", "Home", "Home", {"expression": "To the first step"}),
    Key("last", "End", "End", "End", {"expression": "To the last step"}),
    Key("reset", "r", "R", "R",
        {"expression": "To the first step", "network": "Reset: back to step 0"}),
    Key("fit", "0", "0", "0", {"expression": "Show the whole graph"}),
    Key("in", "+", "+", "Plus", {"expression": "Zoom in"}),
    Key("out", "-", "−", "-", {"expression": "Zoom out"}),
    Key("find", "/", "/", "/", {"expression": "Find a node"}),
    Key("controls", "h", "H", "H",
        {"expression": "Hide or show the controls", "network": "Hide or show the controls"}),
    Key("fullscreen", "f", "F", "F", {EVERYWHERE: "Full screen, and back"}),
    Key("laser", "l", "L", "L", {EVERYWHERE: "Laser pointer on or off"}),
    Key("theme", "t", "T", "T", {EVERYWHERE: "The next theme"}),
    Key("keys", "?", "?", "?", {EVERYWHERE: "These keys, and away again"}),
    Key("close", "Escape", "Esc", "Escape", {EVERYWHERE: "Close these keys, or leave full screen"}),
)  # fmt: skip
"""No key does anything in a field that is typed in, nor with Ctrl, Alt or Meta held."""

_BY_NAME = {each.name: each for each in KEYS}


def keys_of(page: str) -> list[Key]:
    """The keys of a page (its blueprint's name), in the order of the table."""
    return [each for each in KEYS if each.on(page)]


def page_of(blueprint: str | None) -> str:
    """Whose keys a request's page has: a run's page is the network lab."""
    return {"runs": "network"}.get(blueprint or "", blueprint or EVERYWHERE)


def shortcut(*names: str) -> Markup:
    """The attributes by which a button is pressed by these keys, and says so to screen readers."""
    keys = [_BY_NAME[name] for name in names]
    pressed = " ".join("space" if each.key == " " else each.key.lower() for each in keys)
    return Markup('data-key="{}" aria-keyshortcuts="{}"').format(
        pressed, " ".join(each.aria for each in keys)
    )


def tip(*names: str) -> str:
    """The keys as a button's tooltip ends with them: `(Home, R)`."""
    return f"({', '.join(_BY_NAME[name].shown for name in names)})"
