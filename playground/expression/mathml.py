"""Formulas as MathML, which browsers draw and read aloud by themselves."""

from __future__ import annotations

from functools import lru_cache

from latex2mathml.converter import convert
from markupsafe import Markup


@lru_cache(maxsize=2048)
def mathml(latex: str) -> Markup:
    """The formula as an element; the LaTeX must be our own, as `engine.notation` writes it."""
    return Markup(convert(latex, display="block"))
