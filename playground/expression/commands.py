"""Everything that a person can do in the expression lab: commands, by name.

A command is a function of a lab and a form that returns the lab afterwards. Commands stand in
modules by what they change: the text, the walk, the graph, or leaves. A new one is a function there
and a line in COMMANDS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from playground.expression import (
    graph_commands,
    leaf_commands,
    predictions,
    text_commands,
    walk_commands,
)
from playground.expression.state import Lab

LabCommand = Callable[[Lab, Mapping[str, str]], Lab]

COMMANDS: dict[str, LabCommand] = {
    "write": text_commands.write,
    "first": walk_commands.first,
    "back": walk_commands.back,
    "forward": walk_commands.forward,
    "last": walk_commands.last,
    "seek": walk_commands.seek,
    "play": walk_commands.play,
    "tick": walk_commands.tick,
    "pause": walk_commands.pause,
    "call": walk_commands.call,
    "order": walk_commands.order,
    "pass_on": walk_commands.pass_on,
    "drag": text_commands.touch,
    "touch": text_commands.touch,
    "mark": text_commands.mark,
    "open": graph_commands.open_node,
    "close": graph_commands.close_node,
    "fold": graph_commands.fold,
    "unfold": graph_commands.unfold,
    "fold_all": graph_commands.fold_all,
    "unfold_all": graph_commands.unfold_all,
    "strip": graph_commands.strip,
    "find": graph_commands.find,
    "choose": leaf_commands.choose,
    "descend": leaf_commands.descend,
    "forget": leaf_commands.forget,
    "restart": leaf_commands.restart,
    "settle": leaf_commands.settle,
    "predict": predictions.predict,
    "answer": predictions.answer,
    "reveal": predictions.reveal,
}
"""Every command by its name. `drag` is a number on its way, `touch` the number at the end."""

REMEMBERED = frozenset(
    {
        "touch",
        "mark",
        "call",
        "order",
        "pass_on",
        "open",
        "close",
        "fold",
        "unfold",
        "fold_all",
        "unfold_all",
        "strip",
        "descend",
        "forget",
        "restart",
        "settle",
    }
)
"""Commands that the browser's Back button undoes."""


def apply(lab: Lab, command: str, form: Mapping[str, str]) -> Lab:
    """Return the lab after a command.

    Raises KeyError for an unknown command, and ValueError if the command is not possible.
    """
    return COMMANDS[command](lab, form)
