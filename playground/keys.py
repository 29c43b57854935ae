"""The keyboard shortcuts: one table that pages, their help, tests and manual read.

A key presses the button that names it (`data-key`, from `shortcut`), so it can do nothing that a
click cannot do. Only static/js/keys.js listens to keys. A person can switch off those that are a
single character (WCAG 2.1.4), on the page's list of keys.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup

EVERYWHERE = ""
"""The name under which a key says what it does on every page."""


@dataclass(frozen=True)
class Key:
    """A key: its name for the browser (`KeyboardEvent.key`), for people and for ARIA, and what it
    does on each page.
    """

    name: str
    key: str
    label: str
    aria: str
    does: dict[str, str] = field(hash=False)

    @property
    def is_character(self) -> bool:
        """A letter, a digit or a sign. Speech input types them, so a person can switch them off."""
        return len(self.key) == 1 and self.key != " "

    def on(self, page: str) -> str:
        """Return what it does on a page, or the empty string."""
        return self.does.get(page, self.does.get(EVERYWHERE, ""))


KEYS: tuple[Key, ...] = (
    Key("play", " ", "space", "Space",
        {"expression": "Play or pause the walk", "network": "Play or pause the training"}),
    Key("forward", "ArrowRight", "→", "ArrowRight",
        {"expression": "One step forward", "network": "One step of training"}),
    Key("back", "ArrowLeft", "←", "ArrowLeft",
        {"expression": "One step back", "network": "Show the previous step"}),
    Key("first", "Home", "Home", "Home", {"expression": "Go to the first step"}),
    Key("last", "End", "End", "End", {"expression": "Go to the last step"}),
    Key("reset", "r", "R", "R",
        {"expression": "Go to the first step", "network": "Reset to step 0"}),
    Key("fit", "0", "0", "0", {"expression": "Show the whole graph"}),
    Key("in", "+", "+", "Plus", {"expression": "Zoom in"}),
    Key("out", "-", "−", "-", {"expression": "Zoom out"}),
    Key("find", "/", "/", "/", {"expression": "Find a node"}),
    Key("controls", "h", "H", "H",
        {"expression": "Hide or show the controls", "network": "Hide or show the controls"}),
    Key("fullscreen", "f", "F", "F", {EVERYWHERE: "Turn full screen on or off"}),
    Key("laser", "l", "L", "L", {EVERYWHERE: "Turn the laser pointer on or off"}),
    Key("theme", "t", "T", "T", {EVERYWHERE: "Switch to the next theme"}),
    Key("keys", "?", "?", "?", {EVERYWHERE: "Show or hide this list of keys"}),
    Key("close", "Escape", "Esc", "Escape", {EVERYWHERE: "Close this list, or leave full screen"}),
)  # fmt: skip
"""Keys do nothing while a person types in a field, or together with Ctrl, Alt or Meta."""

_BY_NAME = {key.name: key for key in KEYS}


def keys_of(page: str) -> list[Key]:
    """Return the keys of a page, which has the name of its blueprint, in the order of the table."""
    return [key for key in KEYS if key.on(page)]


def page_of(blueprint: str | None) -> str:
    """Return the page of a blueprint: a run is shown in the network lab."""
    return {"runs": "network"}.get(blueprint or "", blueprint or EVERYWHERE)


def shortcut(*names: str) -> Markup:
    """Return the attributes of a button that these keys press, also for screen readers."""
    keys = [_BY_NAME[name] for name in names]
    pressed = " ".join("space" if key.key == " " else key.key.lower() for key in keys)
    return Markup('data-key="{}" aria-keyshortcuts="{}"').format(
        pressed, " ".join(key.aria for key in keys)
    )


def tip(*names: str) -> str:
    """Return the keys for the end of a button's tooltip: `(Home, R)`."""
    return f"({', '.join(_BY_NAME[name].label for name in names)})"
