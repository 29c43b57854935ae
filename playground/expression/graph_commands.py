"""Commands that change how much of the graph is drawn: operations, folds, constants, selection."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from engine.explain.folding import ALL
from playground.expression.changes import reset_walk
from playground.expression.scene import scene
from playground.expression.state import Lab
from playground.messages import expression as messages

Form = Mapping[str, str]


def open_node(lab: Lab, form: Form) -> Lab:
    """Take an operation apart. Raises ValueError if that is not possible at these numbers."""
    node = form.get("node", "")
    opened = reset_walk(lab, opened=(*lab.opened, node), node=node)
    scene(opened)
    return opened


def close_node(lab: Lab, form: Form) -> Lab:
    """Put an operation together again, and everything inside it."""
    node = form.get("node", "")
    others = (name for name in lab.opened if name != node and not name.startswith(f"{node}."))
    return reset_walk(lab, opened=tuple(others), node=node)


def fold(lab: Lab, form: Form) -> Lab:
    """Fold a statement: one node replaces all nodes inside it."""
    return _with_fold(lab, form.get("node", ""), True)


def unfold(lab: Lab, form: Form) -> Lab:
    """Unfold a statement. Raises ValueError if there would be too much to draw."""
    return _with_fold(lab, form.get("node", ""), False)


def fold_all(lab: Lab, form: Form) -> Lab:
    """Fold every statement that can be folded."""
    return lab.with_(folded=(ALL,))


def unfold_all(lab: Lab, form: Form) -> Lab:
    """Unfold everything. Raises ValueError if there would be too much to draw."""
    unfolded = lab.with_(folded=())
    scene(unfolded)
    return unfolded


def strip(lab: Lab, form: Form) -> Lab:
    """Hide the constants, or draw them again."""
    stripped = lab.with_(bare=not lab.bare)
    scene(stripped)
    return stripped


def find(lab: Lab, form: Form) -> Lab:
    """Select a node by its label, and unfold what hides it. Raises ValueError if there is none."""
    name = form.get("node", "").strip()
    if not name:
        return lab.with_(node="")
    current = scene(lab)
    node = current.find(name)
    if node is None:
        labels = [node.label for node in current.nodes if node.label]
        similar = difflib.get_close_matches(name, labels, 1)
        hint = messages.DID_YOU_MEAN.format(name=similar[0]) if similar else ""
        raise ValueError(messages.NO_NODE.format(name=name[:40]) + hint)
    owner = current.view.shown_as.get(node)
    if owner is not None and owner is not node:
        lab = _with_fold(lab, owner.label, False)
    return lab.with_(node=name)


def _with_fold(lab: Lab, node: str, is_folded: bool) -> Lab:
    others = tuple(name for name in lab.folded if name != node)
    is_listed = is_folded != (lab.folded[:1] == (ALL,))
    changed = lab.with_(folded=(*others, node) if is_listed else others, node=node)
    scene(changed)
    return changed
