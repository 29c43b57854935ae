"""Everything that determines how a run begins, validated, and its form as a query string.

A field's title, description and bounds are written here once: the page, its error messages and the
documentation read them. `examples` are values worth comparing; a field that has some can be swept
(`engine.training.sweeps`). Names of datasets, losses and so on are checked against their tables.
"""

from __future__ import annotations

from collections.abc import Mapping
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

from engine.losses import LOSSES
from engine.nn import INITIALISATIONS
from engine.ops import ACTIVATIONS
from engine.optimizers import DECAY, OPTIMIZERS
from engine.outputs import OUTPUTS
from engine.schedules import SCHEDULES
from engine.training.csv_table import MOST_ROWS
from engine.training.datasets import DATASETS
from engine.training.features import FEATURES, columns
from engine.training.features import OWN as OWN_FEATURE

MAX_LAYERS = 10
MAX_UNITS = 64
AUTO = "auto"
OWN = "own"
"""The dataset that is a person's own: its points come beside the settings."""


def _split(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.replace(";", ",").split(",") if part.strip())
    return value


def _known(name: str, known: Mapping[str, Any], what: str) -> str:
    if name not in known:
        choices = ", ".join(known)
        raise PydanticCustomError(
            "unknown", f"There is no {what} {name!r}. Choose one of: {choices}."
        )
    return name


class Settings(BaseModel):
    """How a run begins. Every field has a default; the same settings give the same run."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )

    dataset: str = Field(
        "moons", title="Dataset", description="The points to learn from.",
        examples=[name for name in DATASETS if name != OWN],
    )  # fmt: skip
    formula: str = Field(
        "", max_length=200, title="Formula",
        description="The function, of x1 and x2; without one, the dataset's own example.",
    )  # fmt: skip
    data: str = Field(
        "", pattern="^([0-9a-f]{32})?$", title="Data",
        description="The hash under which a person's own data are kept.",
    )  # fmt: skip
    samples: int = Field(
        200, ge=4, le=MOST_ROWS, title="Samples", description="How many points.",
        examples=[25, 50, 100, 200, 400],
    )  # fmt: skip
    noise: float = Field(
        0.1, ge=0, le=1, title="Noise",
        description="How far points stray, as a standard deviation.",
        examples=[0, 0.05, 0.1, 0.2, 0.4],
    )  # fmt: skip
    classes: int = Field(
        2, ge=2, le=5, title="Classes", description="How many kinds of points.",
        examples=[2, 3, 4, 5],
    )  # fmt: skip
    test: float = Field(
        0.2, ge=0, le=0.8, title="Test share",
        description="The share of the points that is kept out of training, to test with.",
        examples=[0.1, 0.2, 0.4, 0.6, 0.8],
    )  # fmt: skip
    features: Annotated[tuple[str, ...], BeforeValidator(_split)] = Field(
        ("x1", "x2"), title="Features", description="What the network reads of a point."
    )
    feature: str = Field(
        "", max_length=200, title="Own feature", description="A formula of x1 and x2."
    )
    standardise: bool = Field(
        False, title="Standardise",
        description="Bring every feature to mean 0 and standard deviation 1.",
        examples=[False, True],
    )  # fmt: skip
    hidden: Annotated[tuple[int, ...], BeforeValidator(_split)] = Field(
        (8, 8), title="Hidden layers", description="Neurons a layer, as in 8, 8; nothing for none.",
        examples=[(2,), (4,), (8,), (4, 4), (8, 8), (16, 16)],
    )  # fmt: skip
    activation: Annotated[tuple[str, ...], BeforeValidator(_split)] = Field(
        ("tanh",), title="Activation",
        description="What hidden neurons apply to their sum: one for all, or one a layer.",
        examples=list(ACTIVATIONS),
    )  # fmt: skip
    init: str = Field(
        "xavier", title="Initial weights", description="How weights are drawn.",
        examples=list(INITIALISATIONS),
    )  # fmt: skip
    loss: str = Field(
        "mse", title="Loss", description="How being wrong is counted.", examples=list(LOSSES)
    )
    output: str = Field(
        AUTO, title="Output",
        description="What the last layer applies; auto takes what suits the loss.",
        examples=list(OUTPUTS),
    )  # fmt: skip
    optimizer: str = Field(
        "sgd", title="Optimizer", description="How weights follow gradients.",
        examples=list(OPTIMIZERS),
    )  # fmt: skip
    rate: float = Field(
        0.1,
        gt=0,
        le=100,
        title="Learning rate",
        description="How far a step goes along the gradient.",
        examples=[0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1],
    )
    batch: int = Field(
        10,
        ge=0,
        le=MOST_ROWS,
        title="Batch size",
        description="Points a step; 0 takes all of them.",
        examples=[0, 1, 5, 10, 20, 50],
    )
    schedule: str = Field(
        "constant", title="Schedule",
        description="How the learning rate changes from step to step.", examples=list(SCHEDULES),
    )  # fmt: skip
    period: int = Field(
        1000, ge=1, le=1_000_000, title="Period",
        description="The steps that a schedule counts in.", examples=[100, 300, 1000, 3000],
    )  # fmt: skip
    factor: float = Field(
        0.1, ge=0, le=1, title="Factor",
        description="The share of the learning rate that is left after a period.",
        examples=[0, 0.01, 0.1, 0.3],
    )  # fmt: skip
    decay: float = Field(
        DECAY, ge=0, le=1, title="Weight decay",
        description="AdamW's: the share of a weight that a step at rate 1 takes away.",
        examples=[0, 0.001, 0.01, 0.1],
    )  # fmt: skip
    l1: float = Field(
        0.0, ge=0, le=1, title="L1",
        description="The weight of Σ|w| in what is descended; pulls weights to exactly 0.",
        examples=[0, 0.0001, 0.001, 0.01, 0.1],
    )  # fmt: skip
    l2: float = Field(
        0.0, ge=0, le=1, title="L2",
        description="The weight of Σw²/2 in what is descended; keeps weights small.",
        examples=[0, 0.0001, 0.001, 0.01, 0.1],
    )  # fmt: skip
    clip: float = Field(
        0.0, ge=0, le=1e6, title="Clip gradient",
        description="The longest gradient a step follows; 0 for no limit.",
        examples=[0, 0.1, 1, 10],
    )  # fmt: skip
    dropout: float = Field(
        0.0, ge=0, le=0.9, title="Dropout",
        description="The share of hidden neurons that each point does without, while training.",
        examples=[0, 0.1, 0.2, 0.5],
    )  # fmt: skip
    stop_loss: float = Field(
        0.0, ge=0, le=1e6, title="Stop at loss",
        description="The run ends where the training loss is not above this; 0 for never.",
    )  # fmt: skip
    stop_patience: int = Field(
        0, ge=0, le=1_000_000, title="Stop without gain",
        description="The run ends after so many steps in which the test loss (or the training "
        "loss, where nothing is kept for testing) did not improve; 0 for never.",
    )  # fmt: skip
    stop_steps: int = Field(
        0, ge=0, le=100_000_000, title="Stop at step",
        description="The run ends at this step; 0 for never.",
    )  # fmt: skip
    seed: int = Field(
        0, ge=0, le=2**31 - 1, title="Seed",
        description="Another number draws other points, weights and batches.",
        examples=[0, 1, 2, 3, 4],
    )  # fmt: skip

    @field_validator("dataset", "init", "loss", "optimizer", "schedule")
    @classmethod
    def _in_its_table(cls, name: str, info: ValidationInfo) -> str:
        tables: dict[str, Mapping[str, Any]] = {
            "dataset": DATASETS, "init": INITIALISATIONS, "loss": LOSSES, "optimizer": OPTIMIZERS,
            "schedule": SCHEDULES,
        }  # fmt: skip
        assert info.field_name is not None
        return _known(name, tables[info.field_name], info.field_name)

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
        known = (*FEATURES, OWN_FEATURE)
        for name in names:
            _known(name, dict.fromkeys(known), "feature")
        chosen = tuple(name for name in known if name in names)
        if not chosen:
            raise PydanticCustomError("features", "The network must read at least one feature.")
        return chosen

    @field_validator("hidden")
    @classmethod
    def _not_too_large(cls, hidden: tuple[int, ...]) -> tuple[int, ...]:
        if len(hidden) > MAX_LAYERS:
            raise PydanticCustomError(
                "layers", f"At most {MAX_LAYERS} layers; this has {len(hidden)}."
            )
        for units in hidden:
            if not 1 <= units <= MAX_UNITS:
                raise PydanticCustomError(
                    "units", f"A layer has 1 to {MAX_UNITS} neurons; one here has {units}."
                )
        return hidden

    @field_validator("activation")
    @classmethod
    def _one_or_one_a_layer(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for name in names:
            _known(name, ACTIVATIONS, "activation")
        layers = len(info.data.get("hidden", names))
        if not names or len(names) not in (1, layers):
            raise PydanticCustomError(
                "activations",
                f"Give one activation for all, or one for each of the {layers} layers.",
            )
        return names[:1] if len(set(names)) == 1 else names

    @field_validator("output")
    @classmethod
    def _suits_the_loss(cls, name: str, info: ValidationInfo) -> str:
        loss = LOSSES.get(info.data.get("loss", ""))
        if loss is None or name == AUTO:
            return name
        if _known(name, OUTPUTS, "output") not in loss.outputs:
            choices = " or ".join(loss.outputs)
            raise PydanticCustomError("output", f"{loss.title} needs the output {choices}.")
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
        return {name: written(getattr(self, name)) for name in type(self).model_fields}

    def query(self) -> str:
        """The settings as a query string, every field named."""
        return urlencode(self.texts(), safe=",")


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
    fitting = ", ".join(each.title for each in LOSSES.values() if each.is_regression)
    return f"{LOSSES[loss].title} is for classes, and these samples have numbers: take {fitting}."


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
    bounds = error.get("ctx", {})
    match error["type"]:
        case "int_parsing" | "int_from_float" | "int_type" if len(error["loc"]) > 1:
            return "Write whole numbers with commas between, as in 8, 8."
        case "int_parsing" | "int_from_float" | "int_parsing_size":
            return "Write a whole number."
        case "bool_parsing":
            return "Write 1 for yes, 0 for no."
        case "string_pattern_mismatch":
            return "This is not the name of data that are kept here."
        case "string_too_long":
            return f"At most {bounds['max_length']} characters."
        case "float_parsing":
            return "Write a number."
        case "finite_number":
            return "Write a finite number."
        case "greater_than_equal":
            return f"The least is {bounds['ge']:g}."
        case "greater_than":
            return f"It must be above {bounds['gt']:g}."
        case "less_than_equal":
            return f"The most is {bounds['le']:g}."
    return str(error["msg"])
