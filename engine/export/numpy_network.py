"""A run as a program in NumPy, which spells out backpropagation layer by layer."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from engine import python_ast
from engine.export import messages
from engine.export.course import Course, RowEdit
from engine.export.program import (
    Part,
    write_activation,
    write_function,
    write_matrix,
    write_script,
)
from engine.export.rewrite import NUMPY_FUNCTIONS, rewrite_formula
from engine.export.training_program import (
    Library,
    constant_names,
    has_rate_function,
    layers_of,
    write_parts,
)
from engine.export.weights import trained_layers
from engine.hyperparameters import HYPERPARAMETERS
from engine.losses import LOSSES
from engine.ops import ACTIVATIONS
from engine.optimizers import OPTIMIZERS
from engine.training.parameter_layout import parameter_position
from engine.training.run import Run

_LETTERS = {"m̂": "m_hat", "v̂": "v_hat", "t": "step"}
"""Letters of an optimizer's rule that have another name in a program."""


def write_numpy(run: Run) -> str:
    """Return the run as a program in NumPy."""
    return write_script(run, numpy_parts(run))


def numpy_parts(run: Run) -> list[Part]:
    """Return the parts of the program, which a notebook shows cell by cell."""
    return write_parts(run, NUMPY)


# --- the network ---------------------------------------------------------------------------------


def _network(course: Course) -> list[Part]:
    layers = trained_layers(course.start)
    weights = "\n".join(
        f"W{number} = np.array({write_matrix(layer.weights.tolist())})\n"
        f"b{number} = np.array({layer.biases.tolist()!r})"
        for number, layer in enumerate(layers, 1)
    )
    names = ", ".join(f"W{number}, b{number}" for number in range(1, len(layers) + 1))
    lines, source = list[str](), "x"
    for number, layer in enumerate(layers, 1):
        activation = write_activation(layer.activation, f"z{number}", "np", NUMPY_FUNCTIONS)
        lines.append(f"z{number} = {source} @ W{number}.T + b{number}")
        if _is_dropped(course, number):
            lines.append(f"y{number} = {activation}")
            lines.append(f"a{number} = masks[{number - 1}] * y{number}")
        else:
            lines.append(f"a{number} = {activation}")
        source = f"a{number}"
    lines.append(f"return {_join(_layer_values(course))}")
    comment = messages.DROPPED_NETWORK if course.has_dropout else messages.NETWORK
    predict = "return forward(read(np.asarray(points, dtype=float)))[-1]"
    return [
        (messages.INITIAL, weights),
        ("", f"PARAMETERS = [{names}]"),
        (comment, write_function(f"forward({_arguments(course, default=True)})", lines)),
        (messages.PREDICT, write_function("predict(points)", [predict])),
    ]


def _is_dropped(course: Course, number: int) -> bool:
    return course.has_dropout and number <= len(course.start.settings.hidden)


def _arguments(course: Course, default: bool = False) -> str:
    """Return what the function `forward` takes."""
    if not course.has_dropout:
        return "x"
    return f"x, masks=(1.0,) * {len(course.start.settings.hidden)}" if default else "x, masks"


def _layer_values(course: Course) -> list[str]:
    """Return the values that backpropagation reads again, layer by layer, the outputs last."""
    names, layers = list[str](), trained_layers(course.start)
    for number, layer in enumerate(layers, 1):
        letters = _letters_of_rule(layer.activation)
        is_last = number == len(layers)
        reads_logits = is_last and course.reads_logits
        if reads_logits or "a" in letters:
            names.append(f"z{number}")
        if _is_dropped(course, number) and "y" in letters:
            names.append(f"y{number}")
        names.append(f"a{number}")
    return names


def _join(names: Sequence[str]) -> str:
    """Return the names as a tuple, also one name alone."""
    return ", ".join(names) if len(names) > 1 else f"{names[0]},"


def _rule(activation: str) -> str:
    """Return the local derivative of an activation as a text of the table."""
    operation = ACTIVATIONS.get(activation)
    return "1" if operation is None else operation.local_derivative_texts[0]


def _letters_of_rule(activation: str) -> set[str]:
    tree = ast.walk(python_ast.parse_formula(_rule(activation)))
    return {node.id for node in tree if isinstance(node, ast.Name)}


# --- training ------------------------------------------------------------------------------------


def _loss(course: Course) -> str:
    return rewrite_formula(LOSSES[course.start.settings.loss].numpy, {}, "np")


def _optimizer(course: Course) -> list[Part]:
    optimizer = OPTIMIZERS[course.start.settings.optimizer]
    signature = f"gradients({_arguments(course)}, t)"
    parts = [(messages.GRADIENTS, write_function(signature, _backpropagation(course)))]
    moments = "\n".join(
        f"{letter.upper()} = [np.zeros_like(w) for w in PARAMETERS]"
        for letter in optimizer.moment_letters
    )
    if moments:
        parts.append((messages.MOMENTS.format(title=optimizer.title), moments))
    return parts


def _backpropagation(course: Course) -> list[str]:
    """Return the lines of the function `gradients`, from the loss back to the first layer."""
    layers, loss = trained_layers(course.start), LOSSES[course.start.settings.loss]
    last = len(layers)
    output, logits = f"a{last}", f"z{last}"
    passes = _arguments(course)
    lines = [f"{_join(_layer_values(course))} = forward({passes})"]
    letters: dict[str, ast.expr] = {"o": ast.Name(output), "z": ast.Name(logits)}
    upstream = rewrite_formula(loss.numpy_gradient, letters, "np")
    for number in range(last, 0, -1):
        activation = layers[number - 1].activation
        has_rule = number < last or not course.reads_logits
        if has_rule:
            upstream = _chain(activation, number, upstream, _is_dropped(course, number))
        source = f"a{number - 1}" if number > 1 else "x"
        lines += [
            f"d_z{number} = {upstream}",
            f"d_W{number}, d_b{number} = d_z{number}.T @ {source}, d_z{number}.sum(axis=0)",
        ]
        upstream = f"d_z{number} @ W{number}"
        if _is_dropped(course, number - 1) and number > 1:
            upstream = f"masks[{number - 2}] * ({upstream})"
    names = ", ".join(f"d_W{number}, d_b{number}" for number in range(1, last + 1))
    value = logits if course.reads_logits else output
    return [*lines, f"return loss({value}, t), [{names}]"]


def _chain(activation: str, number: int, upstream: str, is_dropped: bool) -> str:
    """Return the local derivative of a layer's activation times the upstream gradient."""
    rule = _rule(activation)
    if rule == "1":
        return upstream
    result = f"y{number}" if is_dropped else f"a{number}"
    letters: dict[str, ast.expr] = {
        "a": ast.Name(f"z{number}"),
        "y": ast.Name(result),
        "upstream": python_ast.parse_formula(upstream),
    }
    product = f"({rule}) * upstream"
    return rewrite_formula(product, letters, "np", arrays=True, defined=NUMPY_FUNCTIONS)


def _step(course: Course) -> list[str]:
    lines = ["x, t = read(samples[:, :-1]), read_targets(samples)"]
    if course.has_dropout:
        lines.append("masks = dropout_masks(step - 1, len(samples))")
    lines.append(f"batch_loss, grads = gradients({_arguments(course)}, t)")
    pairs = "for w, grad in zip(PARAMETERS, grads)"
    if course.uses("l1"):
        lines += [f"# {messages.PENALTY}", f"grads = [grad + L1 * np.sign(w) {pairs}]"]
    if course.uses("clip"):
        lines += [
            f"# {messages.CLIPPING}",
            "norm = np.sqrt(sum((grad**2).sum() for grad in grads))",
            "grads = [grad * min(1, CLIP / (norm + 1e-6)) for grad in grads]",
        ]
    if course.uses("l2"):
        lines += [f"# {messages.SHRINKING}", f"grads = [grad + L2 * w {pairs}]"]
    if has_rate_function(course):
        lines.append("rate = learning_rate(step - 1)")
    return [*lines, *_update(course)]


def _update(course: Course) -> list[str]:
    """Return the optimizer's rule as a loop over the weight matrices and their moments."""
    optimizer = OPTIMIZERS[course.start.settings.optimizer]
    symbols = constant_names() | {
        hyperparameter.symbol: name.upper()
        for name, hyperparameter in HYPERPARAMETERS.items()
        if hyperparameter.symbol
    }
    symbols |= {"rate": "rate"} if has_rate_function(course) else {}
    letters: dict[str, ast.expr] = {
        letter: ast.Name(name) for letter, name in (symbols | _LETTERS).items()
    }
    arrays = ["w", "grad", *optimizer.moment_letters]
    lists = ["PARAMETERS", "grads", *(letter.upper() for letter in optimizer.moment_letters)]
    lines = [f"for {', '.join(arrays)} in zip({', '.join(lists)}):"]
    for letter, formula in optimizer.statements:
        name = _LETTERS.get(letter, letter)
        target = f"{name}[:]" if letter in arrays else name
        lines.append(f"    {target} = {rewrite_formula(formula, letters, 'np')}")
    return lines


def _outputs(course: Course) -> list[str]:
    last = "*_, z, o" if course.reads_logits else "*_, o"
    return [f"{last} = forward(read(samples[:, :-1]))"]


# --- changes -------------------------------------------------------------------------------------


def _set_weights(course: Course, weights: dict[int, float]) -> list[str]:
    if len(weights) == len(course.start.parameters):
        return [
            line
            for number, layer in enumerate(layers_of(course.start, weights), 1)
            for line in (
                f"W{number}[:] = {write_matrix(layer.weights.tolist())}",
                f"b{number}[:] = {layer.biases.tolist()!r}",
            )
        ]
    lines = []
    for index, value in weights.items():
        layer, neuron, source = parameter_position(course.start.model.sizes, index)
        place = (
            f"b{layer}[{neuron - 1}" if source is None else f"W{layer}[{neuron - 1}, {source - 1}"
        )
        lines.append(f"{place}] = {value!r}")
    return lines


def _edit_rows(edit: RowEdit) -> str:
    name = "TEST" if edit.is_test else "TRAIN"
    match edit.how:
        case "add":
            return f"{name} = np.insert({name}, {edit.row}, {list(edit.values)!r}, axis=0)"
        case "move":
            return f"{name}[{edit.row}, :-1] = {list(edit.values)!r}"
    return f"{name} = np.delete({name}, {edit.row}, axis=0)"


def _no_options(course: Course, names: Collection[str]) -> list[str]:
    """NumPy's update reads the constants themselves."""
    return []


NUMPY = Library(
    module="np",
    imports="import numpy as np",
    array="np.array",
    network=_network,
    loss=_loss,
    optimizer=_optimizer,
    step=_step,
    outputs=_outputs,
    set_weights=_set_weights,
    edit_rows=_edit_rows,
    set_options=_no_options,
    compare=["difference = max(np.abs(w - t).max() for w, t in zip(PARAMETERS, TRAINED))"],
    no_rows="np.empty((0, {columns}))",
    defined=NUMPY_FUNCTIONS,
)
