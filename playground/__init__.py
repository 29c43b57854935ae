"""Backprop Playground: the server and its pages, and `draw` for notebooks."""

from __future__ import annotations

from typing import Any


def draw(value: Any) -> Any:
    """The graph of an `engine.Value` as a Plotly figure; see `playground.notebook.draw`."""
    from playground import notebook

    return notebook.draw(value)


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext playground`: every Value shows itself as its graph."""
    from playground import notebook

    notebook.load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """`%unload_ext playground`: Values are written again."""
    from playground import notebook

    notebook.unload(shell)
