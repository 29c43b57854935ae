"""A trained network as a program in PyTorch."""

from __future__ import annotations

from engine.export import messages
from engine.export.program import (
    PRINT_PREDICTIONS,
    write_block,
    write_function,
    write_layer,
    write_matrix,
    write_read_function,
    write_script,
)
from engine.export.torch_training import write_training
from engine.export.weights import trained_layers
from engine.training.run import Run

_IMPORT = "import torch\n\ntorch.set_default_dtype(torch.float64)"
_FILL = """network = Network()
with torch.no_grad():
    for layer, (weights, biases) in zip(network.children(), PARAMETERS):
        layer.weight.copy_(torch.tensor(weights))
        layer.bias.copy_(torch.tensor(biases))"""
_PREDICT = [
    "with torch.no_grad():",
    "    return network(torch.as_tensor(points, dtype=torch.float64))",
]


def write_torch(run: Run) -> str:
    """Return the run as a program in PyTorch."""
    layers = trained_layers(run)
    parameters = ",\n".join(
        f"    ({write_matrix(layer.weights.tolist(), '    ')}, {layer.biases.tolist()!r})"
        for layer in layers
    )
    samples = write_matrix(run.data.inputs.tolist())
    parts = [
        ("", _IMPORT),
        (messages.SAMPLES, f"POINTS = torch.tensor({samples})"),
        (messages.PARAMETERS, f"PARAMETERS = [\n{parameters},\n]"),
        (messages.READ, write_read_function(run, "torch")),
        ("", _write_module(run)),
        ("", _FILL),
        (messages.PREDICT, write_function("predict(points)", _PREDICT)),
        (messages.PREDICTIONS, PRINT_PREDICTIONS),
        *write_training(run.training),
    ]
    return write_script(run, parts)


def _write_module(run: Run) -> str:
    layers = trained_layers(run)
    linear = [
        f"self.layer{number} = torch.nn.Linear{layer.weights.shape[::-1]}"
        for number, layer in enumerate(layers, 1)
    ]
    forward = ["x = read(points)"]
    for number, layer in enumerate(layers, 1):
        forward += write_layer(f"self.layer{number}(x)", layer.activation, "torch")
    methods = [
        *write_function("__init__(self)", ["super().__init__()", *linear]).splitlines(),
        "",
        *write_function("forward(self, points)", [*forward, "return x"]).splitlines(),
    ]
    return write_block("class Network(torch.nn.Module)", methods)
