"""QR codes of addresses, for a page and for a terminal. Nothing is asked of a network."""

from __future__ import annotations

import io

import segno
from markupsafe import Markup

QUIET = 4
"""Modules of light around the code: what ISO/IEC 18004 asks for."""


def qr_svg(url: str) -> Markup:
    """An inline SVG of an address, dark on light whatever the theme, as wide as its box.

    The colours are part of what a camera reads, so they are no custom properties.
    """
    code = segno.make(url, micro=False)
    width, height = code.symbol_size(border=QUIET)
    dark = code.svg_inline(border=QUIET, omitsize=True, dark="#000", light="#fff", lineclass=None)
    body = dark.partition(">")[2]
    return Markup(
        '<svg class="qr" role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}" height="{}" '
        'shape-rendering="crispEdges">'
    ).format(url, width, height, width * 6, height * 6) + Markup(body)


def qr_text(url: str, encoding: str = "utf-8") -> str:
    """The code for a terminal: in half blocks, two modules a character high, or where those cannot
    be written in inverted blanks.
    """
    code = segno.make(url, micro=False)
    compact, plain = io.StringIO(), io.StringIO()
    code.terminal(compact, border=QUIET, compact=True)
    try:
        compact.getvalue().encode(encoding)
    except UnicodeEncodeError:
        code.terminal(plain, border=QUIET)
        return plain.getvalue()
    return compact.getvalue()
