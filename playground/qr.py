"""QR codes of addresses, for a page and for a terminal, made without a network."""

from __future__ import annotations

import io

import segno
from markupsafe import Markup

QUIET = 4
"""Width of the light border around the code, in modules, as ISO/IEC 18004 requires."""


def qr_svg(url: str) -> Markup:
    """Return an inline SVG of an address, dark on light in every theme, as wide as its box.

    Cameras need these colours, so they are not custom properties.
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
    """Return the code for a terminal: in half blocks, with two modules per character, or in
    inverted blanks if the encoding has no half blocks.
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
