"""A network and its loss as a graph of Values, and the program compiled from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from engine.compiler.program import Program, compile
from engine.losses import LOSSES
from engine.nn import MLP
from engine.outputs import OUTPUTS
from engine.training.data import Data, FeatureScaling
from engine.training.settings import Settings, loss_for_classes
from engine.value import Value


@dataclass(frozen=True, eq=False)
class Model:
    """A network and its loss as Values, and their program.

    `inputs` are the features. `pre_activations` and `neurons` are the hidden layers before and
    after their activation; `predictions` are the outputs after theirs, `low` for "no" and `high`
    for "yes". `reduction` is how the losses of a batch combine.
    """

    mlp: MLP
    inputs: tuple[Value, ...]
    targets: tuple[Value, ...]
    pre_activations: tuple[tuple[Value, ...], ...]
    neurons: tuple[tuple[Value, ...], ...]
    predictions: tuple[Value, ...]
    loss: Value
    program: Program
    reduction: str
    low: float
    high: float

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """The number of features, of neurons in each hidden layer, and of outputs."""
        return (len(self.inputs), *(len(layer.neurons) for layer in self.mlp.layers))


def build_model(settings: Settings, data: Data, scaling: FeatureScaling) -> Model:
    """Return the compiled network that these settings describe for such data, whatever its weights.

    Raises ValueError for a loss that does not fit the data.
    """
    if data.is_regression and not LOSSES[settings.loss].is_regression:
        raise ValueError(loss_for_classes(settings.loss))
    output = settings.output_activation(data.is_regression)
    is_single = len(data.classes) == 2 and OUTPUTS[output].activation is not None
    outputs = 1 if data.is_regression or is_single else len(data.classes)
    sizes = (*settings.hidden, outputs)
    return _build_model(scaling.names, sizes, settings.activations, output, settings.loss)


@lru_cache(maxsize=16)
def _build_model(
    labels: tuple[str, ...],
    sizes: tuple[int, ...],
    activations: tuple[str, ...],
    output_name: str,
    loss_name: str,
) -> Model:
    loss, output = LOSSES[loss_name], OUTPUTS[output_name]
    last = None if loss.from_logits else output.activation
    mlp = MLP(len(labels), sizes, activations, last or "linear", seed=0)
    inputs = tuple(Value(0.0, label) for label in labels)
    numbers = [""] if sizes[-1] == 1 else [str(i + 1) for i in range(sizes[-1])]
    targets = tuple(Value(0.0, f"t{number}") for number in numbers)
    values = list(inputs)
    neurons, pre_activations = list[tuple[Value, ...]](), list[tuple[Value, ...]]()
    for number, layer in enumerate(mlp.layers[:-1], 1):
        values = layer(values)
        neurons.append(tuple(values))
        has_activation = activations[number - 1] != "linear"
        pre_activations.append(
            tuple(neuron.operands[0] if has_activation else neuron for neuron in values)
        )
        for index, neuron in enumerate(values, 1):
            neuron.label = f"l{number}.n{index}"
    outputs = mlp.layers[-1](values)
    sample_loss = loss.sample(outputs, targets)
    sample_loss.label = "loss"
    predictions = tuple(output.apply(outputs) if last is None else outputs)
    for prediction, label in zip(predictions, numbers, strict=True):
        prediction.label = f"o{label}"
    hidden = [neuron for layer_neurons in neurons for neuron in layer_neurons]
    program = compile(sample_loss, [*inputs, *targets], mlp.parameters(), predictions, hidden)
    return Model(
        mlp,
        inputs,
        targets,
        tuple(pre_activations),
        tuple(neurons),
        predictions,
        sample_loss,
        program,
        loss.reduction,
        output.low,
        output.high,
    )
