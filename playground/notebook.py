"""The graph of a Value in a notebook: the drawing of the page, as a Plotly figure.

The extra `notebook` installs Plotly for Python. Nothing else here needs it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.script.parser import MAX_NODES, label_nodes
from engine.value import Value, sort_topologically
from playground.figures import graph

HERE = Path(__file__).parent
_FOLDERS = (HERE / "static", HERE.parent / "static")
STYLES = next(folder for folder in _FOLDERS if folder.exists()) / "css"
"""The folder of stylesheets: inside the package when installed, next to it in a checkout."""
MAX_PIXELS = 1_600
"""Maximum width and height of a figure, in pixels. A larger graph can be moved and zoomed."""


def draw(value: Value) -> Any:
    """Return the graph of a Value, with its data and gradients, as a plotly.graph_objects.Figure.

    In the figure, nodes without a label are called v1, v2, … Raises ValueError for more than 1,000
    nodes, and ImportError if Plotly is not installed.
    """
    try:
        from plotly.graph_objects import Figure
    except ImportError:
        raise ImportError(
            "Drawing in a notebook needs Plotly: pip install 'backprop-playground[notebook]'"
        ) from None
    nodes = sort_topologically(value)
    if len(nodes) > MAX_NODES:
        raise ValueError(f"This graph has {len(nodes):,} nodes; {MAX_NODES:,} can be drawn.")
    with _labelled(nodes):
        figure = graph.figure(nodes, nodes, {node: node.grad for node in nodes if node.label})
    figure = _resolved(figure, _properties())
    layout = figure["layout"]
    extent = layout.pop("meta")
    left, top, width, height = (extent[name] for name in ("left", "top", "width", "height"))
    layout["xaxis"]["range"] = [left, left + width]
    layout["yaxis"]["range"] = [top - height, top]
    layout |= {"width": min(MAX_PIXELS, width), "height": min(MAX_PIXELS, height)}
    return Figure(data=figure["data"], layout=layout)


@contextmanager
def _labelled(nodes: list[Value]) -> Iterator[None]:
    before = [node.label for node in nodes]
    label_nodes(nodes)
    try:
        yield
    finally:
        for node, own in zip(nodes, before, strict=True):
            node.label = own


def _properties() -> dict[str, str]:
    """Return the custom properties of the light theme."""
    text = "".join((STYLES / name).read_text() for name in ("base.css", "light.css"))
    return {name: value.strip() for name, value in re.findall(r"(--[\w-]+):\s*([^;}]+)", text)}


def _resolved(part: Any, properties: dict[str, str]) -> Any:
    """Return the figure with the values of `var(--…)`. Sizes in pixels become numbers."""
    if isinstance(part, dict):
        return {key: _resolved(value, properties) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_resolved(item, properties) for item in part]
    if isinstance(part, str) and part.startswith("var(--"):
        value = properties[part[4:-1]]
        return float(value[:-2]) if value.endswith("px") else value
    return part


def show(value: Value) -> dict[str, Any] | None:
    """Return what a notebook shows of a Value, or None if it shows the Value as text."""
    try:
        return dict(draw(value)._repr_mimebundle_() or {}) or None
    except (ImportError, ValueError):
        return None


def load(shell: Any) -> None:
    """Show the graph of every Value that is the result of a cell."""
    shell.display_formatter.mimebundle_formatter.for_type(Value, lambda value, **_: show(value))


def unload(shell: Any) -> None:
    """Show Values as text again."""
    shell.display_formatter.mimebundle_formatter.pop(Value, None)
