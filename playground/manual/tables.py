"""The tables of the manual, printed from the code: a table cannot differ from the program.

A page asks for a table by name in a fenced block, `table operations` for example. A cell is inline
Markdown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path

import click
from pydantic.fields import FieldInfo

from engine.export.expression import FORMATS
from engine.export.network import PROGRAMS
from engine.losses import LOSSES
from engine.nn import INITIALISATIONS
from engine.notation import number
from engine.ops import ACTIVATIONS, OPERATIONS
from engine.optimizers import OPTIMIZERS
from engine.outputs import OUTPUTS
from engine.schedules import SCHEDULES
from engine.script.parser import MAX_CHARACTERS, MAX_DEPTH, MAX_NODES
from engine.training.commands import CHANGEABLE
from engine.training.csv_table import MOST_CLASSES, MOST_ROWS
from engine.training.datasets import DATASETS
from engine.training.features import FEATURES
from engine.training.settings import MAX_LAYERS, MAX_UNITS, Settings
from playground.expression.stories import PRESETS
from playground.keys import KEYS
from playground.lessons import LESSONS
from playground.manual import source_tree
from playground.network.form import shown
from playground.panels import PANELS
from playground.settings import CLASSROOM, Deployment


@dataclass(frozen=True, slots=True)
class Table:
    """A table: what it lists, the headings of its columns, and its rows. Cells are Markdown."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def code(text: object) -> str:
    """A text as inline code, whatever characters it has; nothing for an empty one."""
    written = str(text)
    fence = "``" if "`" in written else "`"
    return f"{fence} {written} {fence}" if written else ""


def _table(caption: str, columns: str, rows: Iterable[Iterable[str]]) -> Table:
    return Table(caption, tuple(columns.split(", ")), tuple(tuple(row) for row in rows))


def operations() -> Table:
    """Every operation of the expression lab."""
    return _table(
        "Operations", "name, written as, local derivatives, note",
        (
            (
                code(operation.name),
                code(operation.text),
                ", ".join(code(text) for text in operation.partial_texts),
                operation.domain,
            )
            for operation in OPERATIONS.values()
        ),
    )  # fmt: skip


def activations() -> Table:
    """What a layer may apply to its pre-activations."""
    return _table(
        "Activations", "name, formula",
        (
            (code(name), code(operation.text if operation else "a"))
            for name, operation in ACTIVATIONS.items()
        ),
    )  # fmt: skip


def outputs() -> Table:
    """What the last layer may apply."""
    return _table(
        "Outputs", "name, target for no, target for yes",
        (
            (code(output.name), number(output.low), number(output.high))
            for output in OUTPUTS.values()
        ),
    )  # fmt: skip


def losses() -> Table:
    """Every loss, with the outputs that it accepts."""
    return _table(
        "Losses", "name, title, formula, outputs, targets",
        (
            (
                code(loss.name),
                loss.title,
                code(loss.formula),
                ", ".join(code(output) for output in loss.outputs),
                "classes or numbers" if loss.numbers else "classes",
            )
            for loss in LOSSES.values()
        ),
    )  # fmt: skip


def optimizers() -> Table:
    """Every optimizer, with its rule for one parameter."""
    return _table(
        "Optimizers", "name, title, rule for one parameter",
        (
            (code(optimizer.name), optimizer.title, code(optimizer.formula))
            for optimizer in OPTIMIZERS.values()
        ),
    )  # fmt: skip


def schedules() -> Table:
    """Every schedule of the learning rate."""
    return _table(
        "Schedules", "name, title, learning rate of a step",
        (
            (code(schedule.name), schedule.title, code(schedule.formula))
            for schedule in SCHEDULES.values()
        ),
    )  # fmt: skip


def initialisations() -> Table:
    """How the first weights are drawn."""
    return _table(
        "Initial weights", "name, how weights are drawn",
        (
            (code(name), " ".join((draw.__doc__ or "Uniform from −1 to 1.").split()))
            for name, draw in INITIALISATIONS.items()
        ),
    )  # fmt: skip


def datasets() -> Table:
    """Every dataset of the gallery."""
    return _table(
        "Datasets", "name, title, what it shows, targets",
        (
            (
                code(dataset.name),
                dataset.title,
                dataset.hint,
                "numbers" if dataset.regression else _span(*dataset.classes, "classes"),
            )
            for dataset in DATASETS.values()
        ),
    )  # fmt: skip


def _span(low: int, high: int, unit: str) -> str:
    return f"{low} {unit}" if low == high else f"{low} to {high} {unit}"


def features() -> Table:
    """What a network can read of a point."""
    return _table(
        "Features", "name, title, formula",
        (
            (code(feature.name), code(feature.title), code(feature.text))
            for feature in FEATURES.values()
        ),
    )  # fmt: skip


def hyperparameters() -> Table:
    """Every setting of a run, with its default and its bounds."""
    return _table(
        "Settings of a run", "name, title, default, bounds, meaning, change while it runs",
        (
            (
                code(name),
                field.title or name,
                code(shown(name, Settings().texts()[name])),
                _bounds(field),
                field.description or "",
                "yes" if name in CHANGEABLE else "no",
            )
            for name, field in Settings.model_fields.items()
        ),
    )  # fmt: skip


def _bounds(field: FieldInfo) -> str:
    """The bounds of a number: `from 0 to 1`, `at least 1`."""
    bounds = {
        name: getattr(constraint, name)
        for constraint in field.metadata
        for name in ("ge", "gt", "le", "lt")
        if getattr(constraint, name, None) is not None
    }
    low = f"above {bounds['gt']:,}" if "gt" in bounds else ""
    low = f"at least {bounds['ge']:,}" if "ge" in bounds else low
    high = f"at most {bounds['le']:,}" if "le" in bounds else ""
    return ", ".join(filter(None, (low, high)))


def deployment(is_limit: bool) -> Table:
    """The settings of a deployment: those that are limits (numbers), or the others."""
    fields = {
        name: field
        for name, field in Deployment.model_fields.items()
        if is_limit_field(field) == is_limit
    }
    return _table(
        "Limits of a deployment" if is_limit else "Settings of a deployment",
        "variable, default, in a classroom, meaning" if is_limit else "variable, default, meaning",
        (_deployment_row(name, field, is_limit) for name, field in fields.items()),
    )


def is_limit_field(field: FieldInfo) -> bool:
    """Whether a setting of a deployment is a number."""
    return field.annotation in (int, float)


def _deployment_row(name: str, field: FieldInfo, is_limit: bool) -> tuple[str, ...]:
    variable, meaning = code(f"PLAYGROUND_{name.upper()}"), field.description or ""
    if is_limit:
        in_class = f"{CLASSROOM[name]:,}" if name in CLASSROOM and name != "threads" else ""
        return variable, f"{field.default:,}", in_class, meaning
    default = "the data folder of your user" if name == "data" else code(field.default or "")
    return variable, default, meaning


def fixed_limits() -> Table:
    """The limits of the program itself, which no variable changes."""
    return _table(
        "Limits of the program", "limit, value",
        (
            ("Characters in an expression", f"{MAX_CHARACTERS:,}"),
            ("Nodes of an expression's graph", f"{MAX_NODES:,}"),
            ("Depth of nested parentheses and calls", f"{MAX_DEPTH:,}"),
            ("Hidden layers of a network", f"{MAX_LAYERS:,}"),
            ("Neurons of a hidden layer", f"{MAX_UNITS:,}"),
            ("Rows of a table of your own", f"{MOST_ROWS:,}"),
            ("Classes of a table of your own", f"{MOST_CLASSES:,}"),
        ),
    )  # fmt: skip


def keys() -> Table:
    """Every keyboard shortcut, lab by lab."""
    return _table(
        "Keys", "key, expression lab, network lab",
        ((code(key.shown), key.on("expression"), key.on("network")) for key in KEYS),
    )  # fmt: skip


def panels() -> Table:
    """The tabs of the network lab."""
    return _table(
        "Tabs of the network lab", "tab, what it shows",
        ((panel.title, panel.hint) for panel in PANELS.values()),
    )  # fmt: skip


def stories() -> Table:
    """The gallery of the expression lab."""
    return _table(
        "Stories", "story, what to look for",
        ((preset.title, preset.hint) for preset in PRESETS),
    )  # fmt: skip


def lessons() -> Table:
    """The steps of every lesson."""
    return _table(
        "Steps of the lesson", "number, step, what it says",
        (
            (str(number), moment.title, moment.says)
            for lesson in LESSONS.values()
            for number, moment in enumerate(lesson.moments, 1)
        ),
    )  # fmt: skip


def exports() -> Table:
    """The formats in which an expression or a network can be taken away."""
    return _table(
        "Export formats", "from, format, file",
        [
            *(("expression", format.title, f"*.{format.ending}") for format in FORMATS.values()),
            *(("network", program.title, code(program.filename)) for program in PROGRAMS.values()),
        ],
    )  # fmt: skip


def commands() -> Table:
    """Every command of the terminal, with its options."""
    return _table(
        "Commands", "command, what it does, options",
        (
            (code(name), command.get_short_help_str(limit=200), _options(command))
            for name, command in installed_commands().items()
        ),
    )  # fmt: skip


def installed_commands() -> dict[str, click.Command]:
    """The commands that this package installs, by what one types: `playground top`.

    They are looked up by the package's entry point: the module of the command line starts the
    application, so nothing in the application can import it.
    """
    (entry,) = entry_points(group="console_scripts", name="playground")
    group: click.Group = entry.load()
    rest = {f"playground {name}": command for name, command in group.commands.items()}
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


def modules(folder: str) -> Table:
    """The modules of one folder, each with its first sentence."""
    sentences = source_tree.modules(folder)
    return _table(
        f"Modules of {folder}", "module, what it is for",
        ((code(name), sentence) for name, sentence in sentences.items()),
    )  # fmt: skip


def browser(kind: str) -> Table:
    """The scripts (`js`) or the stylesheets (`css`) of the pages."""
    beside = Path(next(iter(source_tree.folders()["playground"].parents)))
    static = next(
        path / "static" / kind
        for path in (source_tree.folders()["playground"], beside)
        if (path / "static").exists()
    )
    return _table(
        f"Files of static/{kind}", "file, what it is for",
        (
            (code(name), sentence)
            for name, sentence in source_tree.browser_files(static, f"*.{kind}").items()
        ),
    )  # fmt: skip


TABLES: dict[str, Callable[..., Table]] = {
    "activations": activations,
    "browser": browser,
    "commands": commands,
    "datasets": datasets,
    "exports": exports,
    "features": features,
    "fixed limits": fixed_limits,
    "hyperparameters": hyperparameters,
    "initialisations": initialisations,
    "keys": keys,
    "lessons": lessons,
    "limits": partial(deployment, is_limit=True),
    "losses": losses,
    "modules": modules,
    "operations": operations,
    "optimizers": optimizers,
    "outputs": outputs,
    "panels": panels,
    "schedules": schedules,
    "settings": partial(deployment, is_limit=False),
    "stories": stories,
}
"""The tables by the name that a page asks for; `modules` and `browser` take one more word."""


def table(request: str) -> Table:
    """The table that a page asks for, such as `keys` or `modules engine/script`.

    Raises KeyError for an unknown table or folder.
    """
    if request in TABLES:
        return TABLES[request]()
    name, _, argument = request.partition(" ")
    return TABLES[name](argument)
