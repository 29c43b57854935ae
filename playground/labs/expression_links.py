"""The expression lab's state as a query. A hash replaces a text that is too long."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from engine.script.parser import MAX_CHARACTERS
from playground.expression.state import Lab, fields
from playground.expression.stories import PRESETS
from playground.http.services import Services
from playground.messages import expression as messages

MAX_QUERY = 3_500
"""Maximum length of a query, in bytes. A longer text is stored, and its hash stands for it."""
NOT_SHARED = ("playing", "speed")
"""What a link leaves out: whether the walk plays, and how fast."""


def opened_fields(arguments: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of the lab that an address opens: the first story without a text."""
    opened = dict(arguments)
    if "text" in opened:  # the form, in a browser without scripts
        opened["code"] = opened.pop("text")
    return opened if "code" in opened else fields(PRESETS[0].lab.query()) | opened


def parse_lab(services: Services, texts: Mapping[str, str]) -> tuple[Lab, str]:
    """Return the lab that the texts of a query describe, and a message about what is wrong.

    Raises LookupError if they refer to a text that is no longer stored.
    """
    texts = {name: text for name, text in texts.items() if name != "large"}
    code = texts.get("code", "")
    if not code.startswith("~"):
        return Lab.parse(texts)
    text = services.texts.find(code[1:])
    if text is None:
        raise LookupError(messages.LINK_GONE)
    return Lab.parse(texts | {"code": text, "large": len(text) > MAX_CHARACTERS})


def full_query(services: Services, lab: Lab) -> str:
    """Return the whole state as a query."""
    return _query(services, lab)


def link_query(services: Services, lab: Lab) -> str:
    """Return the state as a query for a link: it does not say whether the walk plays."""
    return _query(services, lab, *NOT_SHARED)


def _query(services: Services, lab: Lab, *omitted: str) -> str:
    query = lab.query(*omitted)
    if len(query) <= MAX_QUERY:
        return query
    reference = "~" + services.texts.keep(lab.code)
    _, separator, rest = lab.with_(code="").query(*omitted).partition("&")
    return urlencode({"code": reference}, safe="~") + separator + rest
