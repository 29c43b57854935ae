"""A run as a program in PyTorch: its network as a module, and its training."""

from __future__ import annotations

from engine.export import messages
from engine.export.course import Course, RowEdit
from engine.export.program import (
    Part,
    write_activation,
    write_block,
    write_function,
    write_matrix,
    write_script,
)
from engine.export.rewrite import rewrite_formula
from engine.export.torch_training import change_options, write_optimizer, write_step
from engine.export.training_program import Library, layers_of, write_parts
from engine.export.weights import TrainedLayer, trained_layers
from engine.losses import LOSSES
from engine.python_ast import parse_formula
from engine.training.parameter_layout import parameter_position
from engine.training.run import Run

_FILL = [
    "with torch.no_grad():",
    "    for layer, (weights, biases) in zip(network.children(), {parameters}):",
    "        layer.weight.copy_(torch.tensor(weights))",
    "        layer.bias.copy_(torch.tensor(biases))",
]


def write_torch(run: Run) -> str:
    """Return the run as a program in PyTorch."""
    return write_script(run, write_parts(run, TORCH))


# --- the network ---------------------------------------------------------------------------------


def _network(course: Course) -> list[Part]:
    layers = trained_layers(course.start)
    fill = "\n".join(["network = Network()", *_FILL]).format(parameters="PARAMETERS")
    outputs = _output(course, "network(torch.as_tensor(points, dtype=torch.float64))")
    predict = ["with torch.no_grad():", f"    return {outputs}"]
    return [
        (messages.INITIAL, f"PARAMETERS = {_write_layers(layers)}"),
        (messages.DROPPED_MODULE if course.has_dropout else "", _write_module(course)),
        ("", fill),
        (messages.PREDICT, write_function("predict(points)", predict)),
    ]


def _write_layers(layers: list[TrainedLayer]) -> str:
    """Return the weights and biases of layers as a list of pairs."""
    pairs = "".join(
        f"    ({write_matrix(layer.weights.tolist(), '    ')}, {layer.biases.tolist()!r}),\n"
        for layer in layers
    )
    return f"[\n{pairs}]"


def _write_module(course: Course) -> str:
    """Return the class of the network. It gives the logits if the loss reads those."""
    layers, hidden = trained_layers(course.start), course.start.settings.hidden
    linear = [
        f"self.layer{number} = torch.nn.Linear{layer.weights.shape[::-1]}"
        for number, layer in enumerate(layers, 1)
    ]
    forward = ["x = read(points)"]
    for number, layer in enumerate(layers, 1):
        forward.append(f"x = self.layer{number}(x)")
        is_last = number == len(layers)
        activation = write_activation(layer.activation, "x", "torch")
        if activation != "x" and not (is_last and course.reads_logits):
            forward.append(f"x = {activation}")
        if course.has_dropout and not is_last:
            forward.append(f"x = masks[{number - 1}] * x")
    masks = f", masks=(1.0,) * {len(hidden)}" if course.has_dropout else ""
    methods = [
        *write_function("__init__(self)", ["super().__init__()", *linear]).splitlines(),
        "",
        *write_function(f"forward(self, points{masks})", [*forward, "return x"]).splitlines(),
    ]
    return write_block("class Network(torch.nn.Module)", methods)


def _output(course: Course, network: str) -> str:
    """Return the outputs from what the module gives."""
    if not course.reads_logits:
        return network
    activation = write_activation(trained_layers(course.start)[-1].activation, "z", "torch")
    return rewrite_formula(activation, {"z": parse_formula(network)})


def _loss(course: Course) -> str:
    return LOSSES[course.start.settings.loss].torch


def _outputs(course: Course) -> list[str]:
    letter = "z" if course.reads_logits else "o"
    lines = ["with torch.no_grad():", f"    {letter} = network(samples[:, :-1])"]
    return [*lines, f"o = {_output(course, 'z')}"] if course.reads_logits else lines


# --- changes -------------------------------------------------------------------------------------


def _set_weights(course: Course, weights: dict[int, float]) -> list[str]:
    if len(weights) == len(course.start.parameters):
        layers = _write_layers(layers_of(course.start, weights))
        return [line.format(parameters=layers) for line in _FILL]
    lines = ["with torch.no_grad():"]
    for index, value in weights.items():
        layer, neuron, source = parameter_position(course.start.model.sizes, index)
        place = f"bias[{neuron - 1}" if source is None else f"weight[{neuron - 1}, {source - 1}"
        lines.append(f"    network.layer{layer}.{place}] = {value!r}")
    return lines


def _edit_rows(edit: RowEdit) -> str:
    name, row = "TEST" if edit.is_test else "TRAIN", edit.row
    match edit.how:
        case "add":
            middle = f"torch.tensor([{list(edit.values)!r}])"
            return f"{name} = torch.cat([{name}[:{row}], {middle}, {name}[{row}:]])"
        case "move":
            return f"{name}[{row}, :-1] = torch.tensor({list(edit.values)!r})"
    return f"{name} = torch.cat([{name}[:{row}], {name}[{row + 1}:]])"


TORCH = Library(
    module="torch",
    imports="import torch\n\ntorch.set_default_dtype(torch.float64)",
    array="torch.tensor",
    network=_network,
    loss=_loss,
    optimizer=write_optimizer,
    step=write_step,
    outputs=_outputs,
    set_weights=_set_weights,
    edit_rows=_edit_rows,
    set_options=change_options,
    compare=[
        "pairs = zip(network.parameters(), TRAINED)",
        "difference = max((w.detach() - t).abs().max().item() for w, t in pairs)",
    ],
    no_rows="torch.empty((0, {columns}))",
)
