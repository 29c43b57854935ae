"""The manual's tables about the engine: operations, losses, datasets, settings of a run."""

from __future__ import annotations

from collections.abc import Mapping

from engine.export.expression import EXPRESSION_FORMATS
from engine.export.network import NETWORK_FORMATS
from engine.hyperparameters import HYPERPARAMETERS
from engine.losses import LOSSES
from engine.nn import INITIALISATIONS
from engine.notation import format_exactly, format_number
from engine.ops import ACTIVATIONS, OPERATIONS
from engine.optimizers import OPTIMIZERS
from engine.outputs import OUTPUTS
from engine.schedules import SCHEDULES
from engine.training.commands import CHANGEABLE
from engine.training.datasets import DATASETS
from engine.training.features import FEATURES
from engine.training.settings import DECLARATIONS, Settings
from playground.manual.table import Table, code, table_of
from playground.network.form import display_text


def operations() -> Table:
    """Every operation of the expression lab."""
    return table_of(
        "Operations",
        "name, written as, local derivatives, note",
        (
            (
                code(operation.name),
                code(operation.text),
                ", ".join(code(text) for text in operation.local_derivative_texts),
                operation.domain,
            )
            for operation in OPERATIONS.values()
        ),
    )


def activations() -> Table:
    """What a layer may apply to its pre-activations."""
    return table_of(
        "Activations",
        "name, formula",
        (
            (code(name), code(operation.text if operation else "a"))
            for name, operation in ACTIVATIONS.items()
        ),
    )


def outputs() -> Table:
    """What the last layer may apply."""
    return table_of(
        "Outputs",
        "name, target of other classes, target of the true class",
        (
            (code(output.name), format_number(output.low), format_number(output.high))
            for output in OUTPUTS.values()
        ),
    )


def losses() -> Table:
    """Every loss, with the outputs that it accepts."""
    return table_of(
        "Losses",
        "name, title, formula, outputs, targets",
        (
            (
                code(loss.name),
                loss.title,
                code(loss.formula),
                ", ".join(code(output) for output in loss.outputs),
                "classes or numbers" if loss.is_regression else "classes",
            )
            for loss in LOSSES.values()
        ),
    )


def optimizers() -> Table:
    """Every optimizer, with its rule for one parameter."""
    return table_of(
        "Optimizers",
        "name, title, rule for one parameter",
        (
            (code(optimizer.name), optimizer.title, code(optimizer.formula))
            for optimizer in OPTIMIZERS.values()
        ),
    )


def schedules() -> Table:
    """Every schedule of the learning rate."""
    return table_of(
        "Schedules",
        "name, title, learning rate of a step",
        (
            (code(schedule.name), schedule.title, code(schedule.formula))
            for schedule in SCHEDULES.values()
        ),
    )


def initialisations() -> Table:
    """How the first weights are drawn."""
    return table_of(
        "Initial weights",
        "name, how weights are drawn",
        (
            (code(name), " ".join((draw.__doc__ or "Uniform from −1 to 1.").split()))
            for name, draw in INITIALISATIONS.items()
        ),
    )


def datasets() -> Table:
    """Every dataset of the gallery."""
    return table_of(
        "Datasets",
        "name, title, what it shows, targets",
        (
            (
                code(dataset.name),
                dataset.title,
                dataset.hint,
                "numbers" if dataset.is_regression else _span(*dataset.classes, "classes"),
            )
            for dataset in DATASETS.values()
        ),
    )


def _span(low: int, high: int, unit: str) -> str:
    return f"{low} {unit}" if low == high else f"{low} to {high} {unit}"


def features() -> Table:
    """What a network can read of a point."""
    return table_of(
        "Features",
        "name, title, formula",
        (
            (code(feature.name), code(feature.title), code(feature.text))
            for feature in FEATURES.values()
        ),
    )


def hyperparameters() -> Table:
    """Every setting of a run, with its default and its bounds."""
    return table_of(
        "Settings of a run",
        "setting, default, bounds, meaning, change while it runs",
        (
            (
                f"{declaration.title} {code(name)}",
                code(display_text(name, Settings().texts()[name])),
                bounds_text(declaration.bounds),
                declaration.description,
                "yes" if name in CHANGEABLE else "no",
            )
            for name, declaration in DECLARATIONS.items()
        ),
    )


def in_pytorch() -> Table:
    """How PyTorch writes each hyperparameter."""
    return table_of(
        "Hyperparameters in PyTorch",
        "setting, in PyTorch",
        (
            (f"{hyperparameter.title} {code(hyperparameter.name)}", code(hyperparameter.pytorch))
            for hyperparameter in HYPERPARAMETERS.values()
            if hyperparameter.pytorch
        ),
    )


def bounds_text(bounds: Mapping[str, float]) -> str:
    """Bounds under pydantic's names as words: `at least 0, at most 1`."""
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    return ", ".join(f"{words[name]} {format_exactly(bound)}" for name, bound in bounds.items())


def exports() -> Table:
    """The formats in which an expression or a network can be taken away."""
    expression = [
        (f"{format.title} (expression)", f"`*.{format.ending}`")
        for format in EXPRESSION_FORMATS.values()
    ]
    network = [
        (f"{format.title} (network)", code(format.filename)) for format in NETWORK_FORMATS.values()
    ]
    return table_of("Export formats", "format, file", [*expression, *network])
