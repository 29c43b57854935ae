"""Everything that determines how a run begins, validated, and its form as a query string.

A field's title, description, bounds and examples are declared once, here or, for what training
reads, in `engine.hyperparameters`: the page, its error messages and the documentation read them in
`DECLARATIONS`. Names of datasets, losses and so on are checked against their tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from engine.hyperparameters import (
    HYPERPARAMETERS,
    MAX_SAMPLES,
    Declaration,
    Hyperparameter,
    Hyperparameters,
    declarations,
)
from engine.losses import LOSSES
from engine.nn import INITIALISATIONS
from engine.ops import ACTIVATIONS
from engine.optimizers import OPTIMIZERS
from engine.outputs import OUTPUTS
from engine.schedules import SCHEDULES
from engine.training import messages
from engine.training.csv_table import MAX_TEST_SHARE, MIN_ROWS
from engine.training.datasets import DATASETS
from engine.training.features import FEATURES
from engine.training.features import OWN as OWN_FEATURE

MAX_LAYERS = 10
MAX_NEURONS = 64
"""Maximum number of neurons in a hidden layer."""
AUTO = "auto"
OWN = "own"
"""The dataset that is a person's own: its points are not in the settings."""

TABLES: dict[str, Mapping[str, Any]] = {
    "dataset": DATASETS,
    "activation": ACTIVATIONS,
    "init": INITIALISATIONS,
    "loss": LOSSES,
    "output": OUTPUTS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
}
"""The tables that settings choose a name from."""


def split_list(value: Any) -> Any:
    """Return the parts of a text between commas or semicolons; any other value as it is."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.replace(";", ",").split(",") if part.strip())
    return value


def _require_name(name: str, names: Mapping[str, Any], what: str) -> str:
    if name not in names:
        raise PydanticCustomError(
            "unknown",
            messages.UNKNOWN_NAME.format(what=what, name=name, choices=", ".join(names)),
        )
    return name


class Settings(BaseModel, Hyperparameters):
    """How a run begins. Every field has a default; the same settings give the same run."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )

    dataset: Annotated[
        str, Declaration(title="Dataset", description="The points that the network learns from.")
    ] = "moons"
    formula: Annotated[
        str,
        Declaration(
            title="Formula",
            description="The function of x1 and x2. Leave it empty for the dataset's own example.",
        ),
        Field(max_length=200),
    ] = ""
    data: Annotated[
        str,
        Declaration(title="Data", description="The hash of your own data."),
        Field(pattern="^([0-9a-f]{32})?$"),
    ] = ""
    samples: Annotated[
        int,
        Declaration(
            title="Samples",
            description="Number of points.",
            minimum=MIN_ROWS,
            maximum=MAX_SAMPLES,
            examples=(25, 50, 100, 200, 400),
        ),
    ] = 200
    noise: Annotated[
        float,
        Declaration(
            title="Noise",
            description="Random scatter of the points, as a standard deviation.",
            minimum=0,
            maximum=1,
            step=0.05,
            examples=(0, 0.05, 0.1, 0.2, 0.4),
        ),
    ] = 0.1
    classes: Annotated[
        int,
        Declaration(
            title="Classes",
            description="Number of classes.",
            minimum=2,
            maximum=5,
            examples=(2, 3, 4, 5),
        ),
    ] = 2
    test: Annotated[
        float,
        Declaration(
            title="Test split",
            description="Share of the points used for testing only, from 0 to 0.8.",
            minimum=0,
            maximum=MAX_TEST_SHARE,
            step=0.05,
            examples=(0.1, 0.2, 0.4, 0.6, 0.8),
        ),
    ] = 0.2
    features: Annotated[
        tuple[str, ...],
        BeforeValidator(split_list),
        Declaration(title="Features", description="The inputs of the network."),
    ] = ("x1", "x2")
    feature: Annotated[
        str,
        Declaration(title="Own feature", description="One more input: a formula of x1 and x2."),
        Field(max_length=200),
    ] = ""
    standardise: Annotated[
        bool,
        Declaration(
            title="Standardise",
            description="Scale every feature to mean 0 and standard deviation 1.",
            examples=(False, True),
        ),
    ] = False
    hidden: Annotated[
        tuple[int, ...],
        BeforeValidator(split_list),
        Declaration(
            title="Hidden layers",
            description="Neurons per layer, e.g. 8, 8. Empty for none.",
            examples=((2,), (4,), (8,), (4, 4), (8, 8), (16, 16)),
        ),
    ] = (8, 8)
    activation: Annotated[
        tuple[str, ...],
        BeforeValidator(split_list),
        Declaration(
            title="Activation",
            description="Activation function of the hidden layers: one for all, or one per layer.",
        ),
    ] = ("tanh",)
    init: Annotated[
        str,
        Declaration(title="Initial weights", description="How the initial weights are drawn."),
    ] = "xavier"
    loss: Annotated[str, Declaration(title="Loss", description="How errors are measured.")] = "mse"
    output: Annotated[
        str,
        Declaration(
            title="Output",
            description="Activation function of the output layer. auto chooses the one that suits "
            "the loss.",
        ),
    ] = AUTO
    stop_loss: Annotated[
        float,
        Hyperparameter(
            title="Stop at loss",
            description="The run stops when the training loss reaches this value. 0 for never.",
            minimum=0,
            maximum=1e6,
            is_logarithmic=True,
            is_folded=True,
        ),
    ] = 0.0
    stop_patience: Annotated[
        int,
        Hyperparameter(
            title="Patience",
            description="The run stops after this many steps without a smaller test loss (training "
            "loss if there are no test samples). 0 for never.",
            minimum=0,
            maximum=1_000_000,
            is_folded=True,
        ),
    ] = 0
    stop_steps: Annotated[
        int,
        Hyperparameter(
            title="Stop at step",
            description="The run stops at this step. 0 for never.",
            minimum=0,
            maximum=100_000_000,
            is_folded=True,
        ),
    ] = 0

    @field_validator("dataset", "init", "loss", "optimizer", "schedule")
    @classmethod
    def _in_its_table(cls, name: str, info: ValidationInfo) -> str:
        assert info.field_name is not None
        return _require_name(name, TABLES[info.field_name], info.field_name)

    @field_validator("loss")
    @classmethod
    def _suits_the_data(cls, name: str, info: ValidationInfo) -> str:
        dataset = DATASETS.get(info.data.get("dataset", ""))
        if dataset is not None and dataset.is_regression and not LOSSES[name].is_regression:
            raise PydanticCustomError("loss", loss_for_classes(name))
        return name

    @field_validator("samples", "noise", "classes")
    @classmethod
    def _fixed_by_the_dataset(cls, value: float, info: ValidationInfo) -> float:
        dataset = DATASETS.get(info.data.get("dataset", ""))
        if dataset is None:
            return value
        if info.field_name == "classes":
            if dataset.is_regression:
                return 2
            return min(max(int(value), dataset.classes[0]), dataset.classes[1])
        if dataset.samples is not None:
            return dataset.samples if info.field_name == "samples" else 0.0
        return value

    @field_validator("features")
    @classmethod
    def _readable(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        features = (*FEATURES, OWN_FEATURE)
        for name in names:
            _require_name(name, dict.fromkeys(features), "feature")
        if not names:
            raise PydanticCustomError("features", messages.NO_FEATURE)
        return tuple(name for name in features if name in names)

    @field_validator("hidden")
    @classmethod
    def _not_too_large(cls, hidden: tuple[int, ...]) -> tuple[int, ...]:
        if len(hidden) > MAX_LAYERS:
            raise PydanticCustomError(
                "layers",
                messages.TOO_MANY_LAYERS.format(limit=MAX_LAYERS, layers=len(hidden)),
            )
        for neurons in hidden:
            if not 1 <= neurons <= MAX_NEURONS:
                raise PydanticCustomError(
                    "neurons", messages.LAYER_SIZE.format(limit=MAX_NEURONS, neurons=neurons)
                )
        return hidden

    @field_validator("activation")
    @classmethod
    def _one_or_one_a_layer(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for name in names:
            _require_name(name, ACTIVATIONS, "activation")
        layers = len(info.data.get("hidden", names))
        if not names or len(names) not in (1, layers):
            raise PydanticCustomError("activations", messages.ACTIVATIONS.format(layers=layers))
        return names[:1] if len(set(names)) == 1 else names

    @field_validator("output")
    @classmethod
    def _suits_the_loss(cls, name: str, info: ValidationInfo) -> str:
        loss = LOSSES.get(info.data.get("loss", ""))
        if loss is None or name == AUTO:
            return name
        if _require_name(name, OUTPUTS, "output") not in loss.outputs:
            outputs = " or ".join(loss.outputs)
            raise PydanticCustomError(
                "output", messages.OUTPUT_FOR_LOSS.format(loss=loss.title, outputs=outputs)
            )
        return name

    def output_activation(self, numbers: bool = False) -> str:
        """The name of the output, `auto` resolved: linear where targets are numbers."""
        if self.output != AUTO:
            return self.output
        return "linear" if numbers else LOSSES[self.loss].outputs[0]

    @property
    def activations(self) -> tuple[str, ...]:
        """One activation per hidden layer."""
        return self.activation * len(self.hidden) if len(self.activation) == 1 else self.activation

    def texts(self) -> dict[str, str]:
        """Return every setting as it stands in an address and in a form."""
        return {name: as_text(getattr(self, name)) for name in DECLARATIONS}

    def query(self) -> str:
        """Return the settings as a query string, every one named."""
        return urlencode(self.texts(), safe=",")


def _all_declarations() -> dict[str, Declaration]:
    """Return the declarations of all settings: data and network, training, the stop rules."""
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    declared: dict[str, Declaration] = declarations(Settings, defaults)
    for name, table in TABLES.items():
        names = tuple(choice for choice in table if choice != OWN)
        declared[name] = replace(declared[name], examples=names)
    others = {name: item for name, item in declared.items() if name not in HYPERPARAMETERS}
    training = {name: declared[name] for name in HYPERPARAMETERS}
    start = {name: item for name, item in others.items() if not isinstance(item, Hyperparameter)}
    return start | training | others


DECLARATIONS: dict[str, Declaration] = _all_declarations()
"""Every setting by its name, in the order of an address."""


def as_text(value: Any) -> str:
    """Return a setting's value as it stands in an address and in a form."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def loss_for_classes(loss: str) -> str:
    """Return the message for a loss for classes, where targets are numbers."""
    losses = " or ".join(other.title for other in LOSSES.values() if other.is_regression)
    return messages.LOSS_FOR_CLASSES.format(loss=LOSSES[loss].title, losses=losses)
