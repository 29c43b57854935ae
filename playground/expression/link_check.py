"""What a link asks for and the graph does not have: it is left out, with a sentence each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.export.expression import EXPRESSION_FORMATS
from playground.expression.scene import Scene
from playground.expression.state import Lab
from playground.messages import expression as messages


def fit(current: Scene) -> tuple[Lab, list[str]]:
    """Return the lab of a scene without what its graph does not have, and what was left out."""
    misfits = list(_misfits(current))
    update = {name: value for name, value, _ in misfits}
    return current.lab.with_(**update), [sentence for _, _, sentence in misfits]


def _misfits(current: Scene) -> Iterator[tuple[str, Any, str]]:
    """Find the fields that do not fit: the name, the value instead, and the sentence."""
    lab, last = current.lab, len(current.walk.steps)
    if lab.step is not None and lab.step > last:
        yield "step", None, messages.STEP_BEYOND.format(last=last, step=lab.step)
    if lab.node and current.find(lab.node) is None:
        yield "node", "", messages.NO_NODE.format(name=lab.node[:40])
    leaves = {leaf.label for leaf in current.leaves}
    for field in ("leaf", "second"):
        name = getattr(lab, field)
        if name and name not in leaves:
            yield field, "", messages.NOT_A_LEAF.format(name=name[:40])
    unknown = [name for name in lab.opened if not _is_openable(current, name)]
    if unknown:
        rest = tuple(name for name in lab.opened if name not in unknown)
        yield "opened", rest, messages.NOT_OPENABLE.format(name=", ".join(unknown)[:40])
    if lab.format and lab.format not in EXPRESSION_FORMATS:
        yield "format", "", messages.NO_FORMAT.format(name=lab.format[:40])


def _is_openable(current: Scene, name: str) -> bool:
    node = current.find(name)
    if node is None or node.op is None:
        return False
    is_open = any(other.label.startswith(f"{name}.") for other in current.nodes)
    return is_open or bool(node.op.expansion)
