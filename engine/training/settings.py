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
    ValidationError,
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
from engine.training.csv_table import MIN_ROWS
from engine.training.datasets import DATASETS
from engine.training.features import FEATURES, columns
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


def _split(value: Any) -> Any:
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
        Declaration(title="Data", description="The hash of a person's own data."),
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
            maximum=0.8,
            examples=(0.1, 0.2, 0.4, 0.6, 0.8),
        ),
    ] = 0.2
    features: Annotated[
        tuple[str, ...],
        BeforeValidator(_split),
        Declaration(title="Features", description="The inputs of the network."),
    ] = ("x1", "x2")
    feature: Annotated[
        str,
        Declaration(title="Own feature", description="A formula of x1 and x2."),
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
        BeforeValidator(_split),
        Declaration(
            title="Hidden layers",
            description="Neurons per layer, e.g. 8, 8. Empty for none.",
            examples=((2,), (4,), (8,), (4, 4), (8, 8), (16, 16)),
        ),
    ] = (8, 8)
    activation: Annotated[
        tuple[str, ...],
        BeforeValidator(_split),
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
            description="The run stops when the training loss is at most this. 0 for never.",
            minimum=0,
            maximum=1e6,
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
        if dataset is not None and dataset.regression and not LOSSES[name].is_regression:
            raise PydanticCustomError("loss", not_for_numbers(name))
        return name

    @field_validator("samples", "noise", "classes")
    @classmethod
    def _fixed_by_the_dataset(cls, value: float, info: ValidationInfo) -> float:
        dataset = DATASETS.get(info.data.get("dataset", ""))
        if dataset is None:
            return value
        if info.field_name == "classes":
            if dataset.regression:
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
        """One activation a hidden layer."""
        return self.activation * len(self.hidden) if len(self.activation) == 1 else self.activation

    def texts(self) -> dict[str, str]:
        """Every field as it stands in a URL and in a form."""
        return {name: written(getattr(self, name)) for name in DECLARATIONS}

    def query(self) -> str:
        """The settings as a query string, every field named."""
        return urlencode(self.texts(), safe=",")


def _declared() -> dict[str, Declaration]:
    """The declarations of all settings, those of the data and the network first."""
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    declared: dict[str, Declaration] = declarations(Settings, defaults)
    own = {
        name: declaration for name, declaration in declared.items() if name not in HYPERPARAMETERS
    }
    for name, table in TABLES.items():
        declared[name] = replace(declared[name], examples=tuple(n for n in table if n != OWN))
    return {name: declared[name] for name in (*own, *HYPERPARAMETERS)}


DECLARATIONS: dict[str, Declaration] = _declared()
"""Every setting by its name, in the order of an address."""


def written(value: Any) -> str:
    """A setting's value as it stands in a URL and in a form."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def read(texts: Mapping[str, str]) -> tuple[Settings | None, dict[str, str]]:
    """Settings from texts by field name, and what is wrong with them: a sentence a field.

    Fields that are missing take their defaults; names that are no settings are passed over. Where
    anything is wrong there are no settings.
    """
    given = {name: texts[name].strip() for name in Settings.model_fields if name in texts}
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        return None, {
            str(each["loc"][0]): _sentence(dict(each)) for each in reversed(error.errors())
        }
    wrong = _undefined(settings)
    return (None, wrong) if wrong else (settings, {})


def _undefined(settings: Settings) -> dict[str, str]:
    """What is wrong with the formulas, where the settings describe the data."""
    dataset = DATASETS[settings.dataset]
    if settings.dataset == OWN:
        return {}
    try:
        inputs, _ = dataset.make(
            settings.samples, settings.classes, settings.noise, settings.seed,
            settings.formula or dataset.formula,
        )  # fmt: skip
    except ValueError as error:
        return {"formula": str(error)}
    if OWN_FEATURE not in settings.features or inputs.shape[1] != 2:
        return {}
    try:
        columns(inputs, settings.features, settings.feature)
    except ValueError as error:
        return {"feature": str(error)}
    return {}


def not_for_numbers(loss: str) -> str:
    """What is said where a loss for classes meets samples with numbers."""
    losses = " or ".join(other.title for other in LOSSES.values() if other.is_regression)
    return messages.LOSS_FOR_CLASSES.format(loss=LOSSES[loss].title, losses=losses)


def suggested(dataset: str, texts: Mapping[str, str]) -> dict[str, str]:
    """The texts with what suits the dataset, where a person has just chosen it.

    One activation for all layers is kept; one a layer would not fit the layers of the dataset.
    """
    fresh = Settings(dataset=dataset if dataset in DATASETS else "moons").texts()
    kept = {name: texts[name] for name in ("activation", "optimizer", "seed") if name in texts}
    if len(_split(kept.get("activation", ""))) != 1:
        kept.pop("activation", None)
    chosen = DATASETS[fresh["dataset"]]
    return fresh | kept | {"noise": written(chosen.noise)} | chosen.suggested


def _sentence(error: Mapping[str, Any]) -> str:
    """What a person reads about one of pydantic's errors."""
    bounds = error.get("ctx", {})
    match error["type"]:
        case "int_parsing" | "int_from_float" | "int_type" if len(error["loc"]) > 1:
            return messages.WHOLE_NUMBERS
        case "int_parsing" | "int_from_float" | "int_parsing_size":
            return messages.WHOLE_NUMBER
        case "bool_parsing":
            return messages.YES_OR_NO
        case "string_pattern_mismatch":
            return messages.UNKNOWN_DATA
        case "string_too_long":
            return messages.TOO_LONG.format(limit=bounds["max_length"])
        case "float_parsing":
            return messages.NUMBER
        case "finite_number":
            return messages.FINITE_NUMBER
        case "greater_than_equal":
            return messages.AT_LEAST.format(limit=_bound(bounds["ge"]))
        case "greater_than":
            return messages.ABOVE.format(limit=_bound(bounds["gt"]))
        case "less_than_equal":
            return messages.AT_MOST.format(limit=_bound(bounds["le"]))
        case "less_than":
            return messages.BELOW.format(limit=_bound(bounds["lt"]))
    return str(error["msg"])


def _bound(bound: float) -> str:
    """A bound for people: 5000, 1000000, 0.8."""
    return f"{bound:.0f}" if float(bound).is_integer() else f"{bound:g}"
