"""A network and its loss as a graph of Values, and the program compiled from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from engine.compiler.program import Program, compile
from engine.losses import LOSSES
from engine.nn import MLP
from engine.outputs import OUTPUTS
from engine.training.data import Data, Reading
from engine.training.settings import Settings, not_for_numbers
from engine.value import Value


@dataclass(frozen=True, eq=False)
class Model:
    """A network and its loss as Values, and their program.

    `inputs` are the features; `sums` and `units` the neurons of each hidden layer before and after
    their activation; `predictions` the outputs after theirs, `low` and `high` what they are for
    "no" and "yes"; `reduction` is how the losses of a batch combine.
    """

    mlp: MLP
    inputs: tuple[Value, ...]
    targets: tuple[Value, ...]
    sums: tuple[tuple[Value, ...], ...]
    units: tuple[tuple[Value, ...], ...]
    predictions: tuple[Value, ...]
    loss: Value
    program: Program
    reduction: str
    low: float
    high: float

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """The features, the units of each hidden layer, the outputs."""
        return (len(self.inputs), *(len(layer.neurons) for layer in self.mlp.layers))


def model_of(settings: Settings, data: Data, read: Reading) -> Model:
    """The compiled network that these settings describe for such data, whatever its weights.

    Raises ValueError for a loss that does not fit the data.
    """
    if data.numbers and not LOSSES[settings.loss].is_regression:
        raise ValueError(not_for_numbers(settings.loss))
    output = settings.output_activation(data.numbers)
    alone = len(data.classes) == 2 and OUTPUTS[output].activation is not None
    outputs = 1 if data.numbers or alone else len(data.classes)
    return _model(
        read.names, (*settings.hidden, outputs), settings.activations, output,
        settings.loss,
    )  # fmt: skip


@lru_cache(maxsize=16)
def _model(
    labels: tuple[str, ...],
    units: tuple[int, ...],
    activations: tuple[str, ...],
    output: str,
    loss: str,
) -> Model:
    chosen, ending = LOSSES[loss], OUTPUTS[output]
    last = None if chosen.from_logits else ending.activation
    mlp = MLP(len(labels), units, activations, last or "linear", seed=0)
    inputs = tuple(Value(0.0, label) for label in labels)
    numbered = [""] if units[-1] == 1 else [str(i + 1) for i in range(units[-1])]
    targets = tuple(Value(0.0, f"t{label}") for label in numbered)
    layer, hidden, sums = list(inputs), list[tuple[Value, ...]](), list[tuple[Value, ...]]()
    for number, each in enumerate(mlp.layers[:-1], 1):
        layer = each(layer)
        hidden.append(tuple(layer))
        activated = activations[number - 1] != "linear"
        sums.append(tuple(unit.operands[0] if activated else unit for unit in layer))
        for place, unit in enumerate(layer, 1):
            unit.label = f"l{number}.n{place}"
    outputs = mlp.layers[-1](layer)
    loss_value = chosen.sample(outputs, targets)
    loss_value.label = "loss"
    predictions = tuple(ending.apply(outputs) if last is None else outputs)
    for prediction, label in zip(predictions, numbered, strict=True):
        prediction.label = f"o{label}"
    dropped = [unit for layer_units in hidden for unit in layer_units]
    program = compile(loss_value, [*inputs, *targets], mlp.parameters(), predictions, dropped)
    return Model(
        mlp, inputs, targets, tuple(sums), tuple(hidden), predictions, loss_value, program,
        chosen.reduction, ending.low, ending.high,
    )  # fmt: skip
