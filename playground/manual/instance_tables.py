"""The manual's tables about an instance: keys, tabs, lessons, settings, limits, commands."""

from __future__ import annotations

from importlib.metadata import entry_points

import click
from pydantic.fields import FieldInfo

from engine.hyperparameters import MAX_SAMPLES
from engine.script.parser import MAX_CHARACTERS, MAX_DEPTH, MAX_NODES
from engine.training.csv_table import MAX_CLASSES
from engine.training.settings import MAX_LAYERS, MAX_NEURONS
from playground.expression.stories import PRESETS
from playground.keys import KEYS
from playground.lessons.library import own_library
from playground.lessons.tasks import TASKS
from playground.manual.table import Table, code, table_of
from playground.panels import PANELS
from playground.settings import CLASSROOM, Deployment

NUMBERS_WITHOUT_LIMIT = ("trusted_proxies", "threads")
"""Settings of a deployment that are numbers but limit nobody."""


def deployment(limits: bool) -> Table:
    """The settings of a deployment: those that are limits (numbers), or the others."""
    fields = {
        name: field
        for name, field in Deployment.model_fields.items()
        if is_limit(name, field) == limits
    }
    return table_of(
        "Limits of a deployment" if limits else "Settings of a deployment",
        "variable, default, in a classroom, meaning" if limits else "variable, default, meaning",
        (_deployment_row(name, field, limits) for name, field in fields.items()),
    )


def is_limit(name: str, field: FieldInfo) -> bool:
    """Whether a setting of a deployment is a limit: a number that bounds what people may use."""
    return field.annotation in (int, float) and name not in NUMBERS_WITHOUT_LIMIT


def _deployment_row(name: str, field: FieldInfo, limits: bool) -> tuple[str, ...]:
    variable, meaning = code(f"PLAYGROUND_{name.upper()}"), field.description or ""
    if limits:
        in_class = f"{CLASSROOM[name]:,}" if name in CLASSROOM else ""
        return variable, f"{field.default:,}", in_class, meaning
    default = (
        "your user's data folder"
        if name == "data"
        else code("" if field.default is None else field.default)
    )
    return variable, default, meaning


def fixed_limits() -> Table:
    """The limits of the program itself, which no variable changes."""
    return table_of(
        "Limits of the program",
        "limit, value",
        (
            ("Characters in an expression", f"{MAX_CHARACTERS:,}"),
            ("Nodes of an expression's graph", f"{MAX_NODES:,}"),
            ("Depth of nested parentheses and calls", f"{MAX_DEPTH:,}"),
            ("Hidden layers of a network", f"{MAX_LAYERS:,}"),
            ("Neurons of a hidden layer", f"{MAX_NEURONS:,}"),
            ("Rows of an uploaded table", f"{MAX_SAMPLES:,}"),
            ("Classes of an uploaded table", f"{MAX_CLASSES:,}"),
        ),
    )


def keys() -> Table:
    """Every keyboard shortcut, lab by lab."""
    return table_of(
        "Keys",
        "key, expression lab, network lab",
        ((code(key.label), key.on("expression"), key.on("network")) for key in KEYS),
    )


def panels() -> Table:
    """The tabs of the network lab."""
    return table_of(
        "Tabs of the network lab",
        "tab, what it shows",
        ((panel.title, panel.hint) for panel in PANELS.values()),
    )


def stories() -> Table:
    """The gallery of the expression lab."""
    return table_of(
        "Stories",
        "story, what to look for",
        ((preset.title, preset.hint) for preset in PRESETS),
    )


def lessons() -> Table:
    """The steps of every lesson of this program."""
    return table_of(
        "Steps of the lessons",
        "step, lesson, what it says",
        (
            (f"{number}. {step.title}", lesson.title, step.text)
            for lesson in own_library().values()
            for number, step in enumerate(lesson.steps, 1)
        ),
    )


def tasks() -> Table:
    """What a step of a lesson can ask for."""
    return table_of(
        "Tasks",
        "kind, what the learner does, keys",
        (
            (code(kind), (task.__doc__ or "").strip(), ", ".join(map(code, keys)))
            for kind, task in TASKS.items()
            for keys in [[name for name in task.model_fields if name not in ("kind", "say")]]
        ),
    )


def commands() -> Table:
    """Every command of the terminal, with its options."""
    return table_of(
        "Commands",
        "command, what it does, options",
        (
            (code(name), command.get_short_help_str(limit=200), _options(command))
            for name, command in installed_commands().items()
        ),
    )


def installed_commands() -> dict[str, click.Command]:
    """The commands that this package installs, by what one types: `playground top`.

    They are looked up by the package's entry point: the module of the command line starts the
    application, so nothing in the application can import it.
    """
    (entry,) = entry_points(group="console_scripts", name="playground")
    group: click.Group = entry.load()
    rest = {
        f"playground {name}": command
        for top, inner in group.commands.items()
        for name, command in (
            ((f"{top} {part}", below) for part, below in inner.commands.items())
            if isinstance(inner, click.Group)
            else ((top, inner),)
        )
    }
    return {"playground": group} | dict(sorted(rest.items()))


def _options(command: click.Command) -> str:
    options = []
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            text = " ".join((parameter.help or "").split())
            options.append(f"{code(parameter.opts[0])} {text}")
        else:
            options.append(code(parameter.name.upper() if parameter.name else ""))
    return "\\\n".join(options)
