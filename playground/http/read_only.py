"""A page for people who look and do not control: the same HTML with each control as its text.

Readers see, select, find and hear everything that the page says. What only acts is left out: a
button, a slider, a form's request. What holds a value stands as text.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
"""Elements without an end tag."""
TEXT_INPUTS = frozenset({"text", "number", "search", ""})
"""Types of fields that hold a value to read."""
TOOLS = frozenset({"menu", "leave", "own-data", "exports", "draw", "weight-form", "find"})
"""Classes of parts that only serve to act."""
LOCAL = ("data-view", "data-picture")
"""Attributes of buttons that act in the reader's own browser alone."""

_REQUEST = re.compile(r"""\s+(?!hx-morph-skip)hx-[a-z0-9:-]+(?:=(?:"[^"]*"|'[^']*'))?""")
_STATE = re.compile(r"\s+(?:aria-pressed|aria-expanded|aria-haspopup|title)=\"[^\"]*\"")
"""What only a button has."""

Attributes = dict[str, str | None]


def read_only(html: str) -> str:
    """Return a part of a page without its controls. `html` is what our templates make."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.parts)


class _Reader(HTMLParser):
    """Copies HTML, and leaves out or replaces controls on the way."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self._dropped: list[str] = []
        """The open elements inside the one that is left out, from the outside."""
        self._ends: list[tuple[str, str]] = []
        """The open elements that are copied, each with its end tag."""
        self._option: list[str] | None = None
        """The text of the option of a list that is chosen, while it is read."""
        self._choice: str | None = None
        """What is chosen in the list that is read; None outside lists."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if self._dropped:
            if tag not in VOID:
                self._dropped.append(tag)
        elif self._choice is not None:
            self._start_option(tag, values)
        elif tag == "select":
            self._choice = ""
        elif tag == "input":
            self._write_input(values)
        elif _only_acts(tag, values):
            self._dropped.append(tag)
        else:
            self._start(tag, values)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            self.handle_starttag(tag, attrs)
        elif not self._dropped:
            self.parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        if self._dropped:
            if tag in self._dropped:
                while self._dropped.pop() != tag:
                    pass
        elif self._choice is not None:
            self._end_option(tag)
        elif any(tag == name for name, _ in self._ends):
            name = ""
            while name != tag:
                name, end = self._ends.pop()
                self.parts.append(end)

    def handle_data(self, data: str) -> None:
        if self._option is not None:
            self._option.append(data)
        elif not self._dropped and self._choice is None:
            self.parts.append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")

    def _start(self, tag: str, values: Attributes) -> None:
        text = self.get_starttag_text() or ""
        if tag != "hx-partial":
            text = _REQUEST.sub("", text)
        name = tag
        if tag == "form":
            name = "div"
        elif tag == "button" and not any(attribute in values for attribute in LOCAL):
            name = "span"
            text = _STATE.sub("", text.replace(' class="plain"', ""))
        elif tag == "textarea":
            text = text.replace("<textarea", "<textarea readonly", 1)
        elif tag == "a":
            text = "<span>"
            name = "span"
        if name != tag:
            text = re.sub(rf"^<{tag}\b", f"<{name}", text)
        self.parts.append(text)
        if tag not in VOID:
            self._ends.append((tag, f"</{name}>"))

    def _write_input(self, values: Attributes) -> None:
        kind = values.get("type") or ""
        if kind == "hidden" and values.get("id"):
            self.parts.append(_REQUEST.sub("", self.get_starttag_text() or ""))
        elif kind in ("checkbox", "radio"):
            mark, name = ("✓", "on") if "checked" in values else ("✗", "off")
            self.parts.append(f'<b class="value" role="img" aria-label="{name}">{mark}</b>')
        elif kind in TEXT_INPUTS and values.get("value"):
            label = values.get("aria-label")
            name = f' aria-label="{escape(label)}"' if label else ""
            role = ' role="text"' if label else ""
            self.parts.append(f'<b class="value"{role}{name}>{escape(values["value"] or "")}</b>')

    def _start_option(self, tag: str, values: Attributes) -> None:
        if tag == "option" and ("selected" in values or not self._choice):
            self._option = []

    def _end_option(self, tag: str) -> None:
        if tag in ("option", "select") and self._option is not None:
            self._choice, self._option = "".join(self._option).strip(), None
        if tag == "select":
            self.parts.append(f'<b class="value">{self._choice}</b>')
            self._choice = None


def _only_acts(tag: str, values: Attributes) -> bool:
    """Return whether an element serves only to act."""
    if set((values.get("class") or "").split()) & TOOLS or tag == "datalist":
        return True
    if tag == "a":
        return "button" in (values.get("class") or "") or "file" in (values.get("class") or "")
    if tag != "button" or any(attribute in values for attribute in LOCAL):
        return False
    names_a_node = values.get("class") == "plain"
    is_open_panel = values.get("role") == "tab" and values.get("aria-selected") == "true"
    return not (names_a_node or is_open_panel)
