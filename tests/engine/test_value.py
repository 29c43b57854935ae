"""Values: the published numbers, the chain rule against HIPS autograd, and errors for people."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad as hips_grad
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import DomainError, Value
from engine.ops import OPERATIONS, TABLE
from engine.value import apply, sort_topologically, sum_values

# --- the published numbers -----------------------------------------------------------------------


def test_the_lectures_first_graph_has_its_gradients() -> None:
    a, b, c, f = Value(2, "a"), Value(-3, "b"), Value(10, "c"), Value(-2, "f")
    e = a * b
    d = e + c
    L = d * f
    L.backward()
    assert L.data == -8
    assert [v.grad for v in (a, b, c, f, e, d, L)] == [6, -4, -2, 4, -2, -2, 1]


def neuron(squash: Callable[[Value], Value]) -> tuple[Value, list[Value]]:
    x1, x2, w1, w2 = Value(2, "x1"), Value(0, "x2"), Value(-3, "w1"), Value(1, "w2")
    b = Value(6.8813735870195432, "b")
    return squash(x1 * w1 + x2 * w2 + b), [x1, w1, x2, w2, b]


@pytest.mark.parametrize(
    "squash",
    [
        lambda n: n.tanh(),
        lambda n: ((2 * n).exp() - 1) / ((2 * n).exp() + 1),
        lambda n: (n.exp() - (-n).exp()) / (n.exp() + (-n).exp()),
    ],
    ids=["tanh", "written out in exp", "written out as sinh by cosh"],
)
def test_the_lectures_neuron_has_its_gradients(squash: Callable[[Value], Value]) -> None:
    output, leaves = neuron(squash)
    output.backward()
    assert output.data == pytest.approx(0.7071067811865476, abs=1e-14)
    assert [v.grad for v in leaves] == pytest.approx([-1.5, 1.0, 0.5, 0.0, 0.5], abs=1e-13)


def test_a_value_used_twice_receives_both_gradients() -> None:
    a = Value(3)
    (a + a).backward()
    assert a.grad == 2
    a, b = Value(-2), Value(3)
    ((a * b) * (a + b)).backward()
    assert (a.grad, b.grad) == (-3, -8)


def test_a_power_of_a_power_keeps_both_exponents() -> None:
    x = Value(1.3)
    y = (x**2) ** 3
    y.backward()
    assert y.data == pytest.approx(1.3**6, rel=1e-15)
    assert x.grad == pytest.approx(6 * 1.3**5, rel=1e-15)


# --- operators -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [int, float, np.float64])
def test_numbers_stand_on_either_side_of_an_operator(kind: Callable[[int], Any]) -> None:
    k, x = kind(3), Value(2.0)
    assert [(x + k).data, (x - k).data, (x * k).data, (x / k).data, (x**k).data] == [
        5, -1, 6, 2 / 3, 8,
    ]  # fmt: skip
    assert [(k + x).data, (k - x).data, (k * x).data, (k / x).data] == [5, 1, 6, 1.5]
    assert ((-x).data, abs(-x).data, x.max(k).data, x.min(k).data) == (-2, 2, 3, 2)
    for output, derivative in (
        (k - x, -1.0),
        (k / x, -0.75),
        (x / k, 1 / 3),
        (k * x, 3.0),
        (x**k, 12.0),
    ):
        x.grad = 0.0
        output.backward()
        assert x.grad == pytest.approx(derivative, rel=1e-15)


@pytest.mark.parametrize("op", TABLE, ids=lambda op: op.name)
def test_every_function_of_the_table_is_a_method(op: Any) -> None:
    if op.text.startswith(op.name):
        x = Value(0.3)
        others = [0.2] * (op.arity - 1)
        assert getattr(x, op.name)(*others).data == float(op.forward(0.3, *others))


def test_an_operand_that_is_no_number_is_a_type_error() -> None:
    x = Value(2.0)
    for wrong in ("3", None, [1], 2j):
        with pytest.raises(TypeError):
            x + wrong  # type: ignore[operator]
        with pytest.raises(TypeError):
            wrong * x  # type: ignore[operator]
    with pytest.raises(TypeError, match="exponent must be a number"):
        x**x  # type: ignore[operator]
    with pytest.raises(TypeError, match="tanh takes 1 operands, not 2"):
        x.tanh(1.0)


def test_a_value_shows_what_it_is_and_where_it_comes_from() -> None:
    a, b = Value(2, "a"), Value(-3, "b")
    c = a * b
    c.label = "c"
    c.backward()
    assert repr(c) == "Value(c: data=-6, grad=1, from a · b)"
    assert repr(a) == "Value(a: data=2, grad=-3)"
    assert repr(Value(2) * Value(-3)) == "Value(data=-6, grad=0, from 2 · (−3))"
    assert c.format_formula(substitute_numbers=True) == "2 · (−3)"


def test_a_misspelt_attribute_is_an_error() -> None:
    with pytest.raises(AttributeError):
        Value(1.0).dta = 2.0
    with pytest.raises(AttributeError):
        Value(1.0).tanhh()


def test_a_sum_of_values_has_no_zero_in_front() -> None:
    a, b = Value(1), Value(2)
    assert sum_values([a]) is a
    assert sort_topologically(sum_values([a, b, a]))[0] is a
    assert len(sort_topologically(sum_values([a, b, a]))) == 4


# --- backward ------------------------------------------------------------------------------------


def test_a_chain_of_200_000_operations_works() -> None:
    x = Value(1.0)
    y = x
    for _ in range(100_000):
        y = -y + 1.0
    y.backward()
    assert (y.data, x.grad) == (1.0, 1.0)
    nodes = sort_topologically(y)
    assert nodes[0] is x or nodes[1] is x
    assert sum(bool(node.operands) for node in nodes) == 200_000
    y.zero_grad()
    assert not any(node.grad for node in nodes)


def test_backward_twice_doubles_leaves_and_never_compounds_inner_nodes() -> None:
    a, b = Value(2.0), Value(3.0)
    inner = a * b
    outer = inner * inner + a
    for times in (1, 2, 3):
        outer.backward()
        assert (a.grad, b.grad) == (37.0 * times, 24.0 * times)
        assert (inner.grad, outer.grad) == (12.0, 1.0)


def test_two_outputs_add_up_in_their_leaves_only() -> None:
    a = Value(2.0)
    shared = a * 3.0
    (shared * 2.0).backward()
    (shared * 5.0).backward()
    assert (a.grad, shared.grad) == (21.0, 5.0)


def test_a_leaf_is_its_own_derivative() -> None:
    a = Value(4.0)
    a.backward()
    a.backward()
    assert a.grad == 2.0


def test_zero_grad_clears_the_whole_graph() -> None:
    a, b = Value(2.0), Value(3.0)
    c = a * b
    d = c.tanh() + a
    d.backward()
    d.zero_grad()
    assert [v.grad for v in (a, b, c, d)] == [0.0] * 4


def test_a_change_of_data_changes_the_local_derivatives_that_use_it() -> None:
    a, b = Value(2.0), Value(3.0)
    c = a * b
    b.data = 7.0
    c.backward()
    assert a.grad == 7.0


def test_ties_of_max_and_min_share_the_gradient() -> None:
    a, b = Value(2.0), Value(2.0)
    a.max(b).backward()
    assert (a.grad, b.grad) == (0.5, 0.5)
    c = Value(2.0)
    c.min(c).backward()
    assert c.grad == 1.0


# --- domain errors -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda x: x.log(), ["log(x)", "x = 0", "−∞", "above 0"]),
        (lambda x: (x - 3.0).log(), ["log(−3)", "not a number", "above 0"]),
        (lambda x: (x - 1.0).sqrt(), ["sqrt(−1)", "not a number", "not be negative"]),
        (lambda x: 1 / x, ["1 / x", "x = 0", "∞", "must not be 0"]),
        (lambda x: x / x, ["x / x", "x = 0", "not a number", "must not be 0"]),
        (lambda x: x**-1, ["x⁻¹", "x = 0", "negative powers"]),
        (lambda x: (x - 8.0) ** (1 / 3), ["(−8)^0.3333", "only whole powers"]),
    ],
)
def test_a_domain_error_names_operation_label_and_number_and_the_graph_stays_usable(
    make: Callable[[Value], Value], named: list[str]
) -> None:
    x = Value(0.0, "x")
    before = x * 2.0 + 1.0
    with pytest.raises(DomainError) as caught:
        make(x)
    for part in named:
        assert part in str(caught.value)
    before.backward()
    assert (before.data, x.grad) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("make", "result"),
    [
        (lambda x: (x + 1e308) / 1e-10, math.inf),
        (lambda x: (x - 1e308) / 1e-10, -math.inf),
        (lambda x: (x + 1000.0).exp(), math.inf),
        (lambda x: (x + 1e200) * 1e200, math.inf),
        (lambda x: (x + 1e200) ** 2, math.inf),
        (lambda x: (x + 1e-200) ** -2, math.inf),
    ],
)
def test_a_result_that_overflows_is_infinite(make: Callable[[Value], Value], result: float) -> None:
    x = Value(0.0, "x")
    assert make(x).data == result


INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("make", "data", "gradients"),
    [
        (lambda x, y: x.sqrt(), (0.0,), (INF,)),
        (lambda x, y: x**0.5, (0.0,), (INF,)),
        (lambda x, y: x.log(), (5e-324,), (INF,)),
        (lambda x, y: x.sqrt() * 0.0, (0.0,), (NAN,)),
        (lambda x, y: -(x.sqrt()), (0.0,), (-INF,)),
        (lambda x, y: (x * x).sqrt(), (0.0,), (NAN,)),
        (lambda x, y: (x * x).sqrt().max(0.001), (0.0,), (NAN,)),
        (lambda x, y: (x * x + y * y).sqrt(), (0.0, 0.0), (NAN, NAN)),
        (lambda x, y: (x * x + y * y).sqrt(), (3.0, 4.0), (0.6, 0.8)),
        (lambda x, y: x.sqrt() + y.sqrt(), (0.0, 4.0), (INF, 0.25)),
        (lambda x, y: x.sqrt() * y, (0.0, 2.0), (INF, 0.0)),
        (lambda x, y: x.sqrt() - x.sqrt(), (0.0,), (NAN,)),
        (lambda x, y: (x.sqrt() + 1.0).log() * y, (0.0, -2.0), (-INF, 0.0)),
        (lambda x, y: x.exp() * y, (710.0, 0.0), (NAN, INF)),
        (lambda x, y: x.exp().tanh() + y, (710.0, 1.0), (NAN, 1.0)),
        (lambda x, y: 1 / x.exp() + y, (710.0, 1.0), (NAN, 1.0)),
        (lambda x, y: x.exp().max(y.exp()), (710.0, 710.0), (INF, INF)),
        (lambda x, y: x.exp() - y.exp(), (710.0, 710.0), (INF, -INF)),
        (lambda x, y: x.relu().sqrt(), (-3.5,), (0.0,)),
        (lambda x, y: x.max(y).sqrt(), (-2.0, 0.0), (0.0, INF)),
        (lambda x, y: x.min(y, 3.0).sqrt(), (0.0, 1.0), (INF, 0.0)),
        (lambda x, y: x.leaky_relu().exp().relu(), (71000.0,), (INF,)),
    ],
)  # what PyTorch 2 gives in float64
def test_infinite_and_nan_gradients_are_those_of_pytorch(
    make: Callable[[Value, Value], Value], data: tuple[float, ...], gradients: tuple[float, ...]
) -> None:
    x, y = Value(data[0], "x"), Value(data[-1], "y")
    make(x, y).backward()
    np.testing.assert_allclose([x.grad, y.grad][: len(gradients)], gradients, rtol=1e-15)


def test_the_rest_of_the_gradients_stands_beside_an_infinite_one() -> None:
    x = Value(0.0, "x")
    good = x * 5.0
    root = (good * 3.0 + 1.0) + x.sqrt() * 2.0
    root.backward()
    assert (x.grad, good.grad, root.grad) == (math.inf, 3.0, 1.0)


def test_values_that_start_infinite_or_nan_are_computed() -> None:
    assert (Value(math.inf) + 1.0).data == math.inf
    assert math.isnan((Value(math.nan) * 2.0).data)


# --- random graphs against HIPS autograd ---------------------------------------------------------

HIPS: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b, "neg": lambda a: -a, "pow": lambda a, n: a**n,
    "exp": anp.exp, "log": anp.log, "sqrt": anp.sqrt, "tanh": anp.tanh, "sin": anp.sin,
    "cos": anp.cos, "abs": anp.abs, "max": anp.maximum, "min": anp.minimum,
    "sigmoid": lambda a: 1.0 / (1.0 + anp.exp(-a)),
    "softplus": lambda a: anp.logaddexp(0.0, a),
    "gelu": lambda a: a * (1.0 + anp.tanh(math.sqrt(2 / math.pi) * (a + 0.044715 * a**3))) / 2,
    "relu": lambda a: anp.where(a > 0.0, a, 0.0),
    "leaky_relu": lambda a: anp.where(a > 0.0, a, 0.01 * a),
}  # fmt: skip

Instruction = tuple[str, tuple[int, ...], tuple[float, ...]]


@dataclass(frozen=True)
class Graph:
    """Leaves, and instructions that name earlier nodes; the last one is the output."""

    leaves: tuple[float, ...]
    instructions: tuple[Instruction, ...]

    def run(self, leaves: Any, call: Callable[[str, list[Any], tuple[float, ...]], Any]) -> Any:
        nodes = list(leaves)
        for name, indices, numbers in self.instructions:
            nodes.append(call(name, [nodes[index] for index in indices], numbers))
        return nodes[-1]


def moderate(data: float, derivatives: tuple[float, ...]) -> bool:
    return 1e-2 <= abs(data) <= 2.5 and all(abs(derivative) <= 10.0 for derivative in derivatives)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Graphs of up to 200 nodes whose node values stay between 0.01 and 2.5 in size.

    Moderate on purpose: 1 − tanh² cancels where tanh is near 1, there two right programs differ in
    more than the last digits (HIPS computes 1 / cosh²); and a slope of 1000 multiplies rounding by
    1000. An operation whose result would not be moderate gives way to the sine or cosine of its
    operand, which is.
    """
    leaf = st.floats(0.1, 2.0) | st.floats(-2.0, -0.1)
    leaves = tuple(draw(st.lists(leaf, min_size=1, max_size=6)))
    size = draw(st.sampled_from([200, 100, 30, 8])) - len(leaves)
    choices = draw(
        st.lists(
            st.tuples(
                st.sampled_from(TABLE),
                st.integers(0, 199),
                st.integers(0, 7),
                st.sampled_from([-2.0, -1.0, 0.5, 2.0, 3.0]),
            ),
            min_size=size,
            max_size=size,
        )
    )
    nodes = [Value(leaf) for leaf in leaves]
    instructions: list[Instruction] = []
    for op, anywhere, back, exponent in choices:
        # One operand from the last few, so that graphs get deep; the other from anywhere.
        indices = (max(0, len(nodes) - 1 - back), anywhere % len(nodes))[: op.arity]
        numbers = (exponent,) if op.name == "pow" else ()
        try:
            node = apply(op, *(nodes[index] for index in indices), attributes=numbers)
            good = moderate(node.data, node.local_derivatives())
        except DomainError:
            good = False
        if not good:
            angle = nodes[indices[0]].data
            op = OPERATIONS["sin" if abs(math.sin(angle)) > 0.5 else "cos"]
            indices, numbers = indices[:1], ()
            node = apply(op, nodes[indices[0]])
        nodes.append(node)
        instructions.append((op.name, indices, numbers))
    return Graph(leaves, tuple(instructions))


def summed_sizes(output: Value) -> dict[Value, float]:
    """For every node the sum of the sizes of all path products that make up its gradient.

    It equals the gradient's size unless paths cancel; rounding is relative to it.
    """
    nodes = sort_topologically(output)
    sizes = dict.fromkeys(nodes, 0.0) | {output: 1.0}
    for node in reversed(nodes):
        for operand, derivative in zip(node.operands, node.local_derivatives(), strict=True):
            sizes[operand] += abs(derivative) * sizes[node]
    return sizes


@settings(max_examples=300)
@given(graphs())
def test_random_graphs_have_the_gradients_of_hips_autograd(graph: Graph) -> None:
    """To 1e-12 of the gradient; where paths cancel to less than a hundredth, of that hundredth."""
    leaves = [Value(leaf) for leaf in graph.leaves]
    output = graph.run(
        leaves,
        lambda name, operands, numbers: apply(OPERATIONS[name], *operands, attributes=numbers),
    )
    output.backward()

    def hips(point: Any) -> Any:
        parts = [point[i] for i in range(len(graph.leaves))]
        return graph.run(parts, lambda name, operands, numbers: HIPS[name](*operands, *numbers))

    point = np.array(graph.leaves)
    assert output.data == pytest.approx(float(hips(point)), rel=1e-12, abs=0)
    sizes = summed_sizes(output)
    for leaf, derivative in zip(leaves, hips_grad(hips)(point), strict=True):
        bound = 1e-12 * max(abs(derivative), sizes.get(leaf, 0.0) / 100)
        assert abs(leaf.grad - derivative) <= bound


def test_the_random_graphs_can_use_every_operation() -> None:
    assert set(HIPS) == set(OPERATIONS)


# --- max and min of many operands ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "numbers", "result", "gradients"),
    [
        ("max", (2, 5, 3), 5, (0, 1, 0)),
        ("max", (5, 5, 3), 5, (0.5, 0.5, 0)),
        ("max", (5, 5, 5), 5, (1 / 3, 1 / 3, 1 / 3)),
        ("min", (2, 5, 3, 2), 2, (0.5, 0, 0, 0.5)),
        ("min", (0.0, -0.0, 0.0), 0, (1 / 3, 1 / 3, 1 / 3)),
        ("max", (math.inf, 1, math.inf), math.inf, (0.5, 0, 0.5)),
        ("max", tuple(range(40)), 39, (*[0] * 39, 1)),
    ],
)
def test_any_number_of_operands_share_ties_equally(
    name: str, numbers: tuple[float, ...], result: float, gradients: tuple[float, ...]
) -> None:
    first, *others = (Value(number) for number in numbers)
    output = getattr(first, name)(*others)
    output.backward()
    assert output.data == result
    assert (first.grad, *(value.grad for value in others)) == pytest.approx(gradients, rel=1e-15)


@given(st.lists(st.floats(-3, 3), min_size=3, max_size=7))
def test_a_maximum_of_many_is_a_maximum_of_pairs_away_from_ties(numbers: list[float]) -> None:
    values = [Value(number) for number in numbers]
    pairs = [Value(number) for number in numbers]
    values[0].max(*values[1:]).backward()
    nested = pairs[0]
    for value in pairs[1:]:
        nested = nested.max(value)
    nested.backward()
    if len(set(numbers)) == len(numbers):
        assert [value.grad for value in values] == [value.grad for value in pairs]
    assert sum(value.grad for value in values) == pytest.approx(1)


def test_the_formula_of_a_shared_maximum_says_how_it_is_shared() -> None:
    op = OPERATIONS["max"].with_operands(3)
    assert op is OPERATIONS["max"].with_operands(3)
    assert OPERATIONS["max"].with_operands(2) is OPERATIONS["max"]
    assert op.with_operands(4).arity == 4
    for numbers in [(1.0, 2.0, 2.0), (3.0, 1.0, 3.0), (1.0, 1.0, 1.0), (2.0, 5.0, 1.0)]:
        letters = dict(zip(op.letters, map(np.float64, numbers), strict=True))
        names: dict[str, Any] = {**letters, "y": np.float64(max(numbers)), "max": max, "sum": sum}
        assert eval(op.text, {"__builtins__": {}}, names) == op.forward(*numbers)
        for rule, text in zip(op.local_derivatives, op.local_derivative_texts, strict=True):
            written = eval(text, {"__builtins__": {}}, names)
            assert written == rule(*numbers, max(numbers))


def test_a_maximum_of_one_operand_is_an_error() -> None:
    with pytest.raises(TypeError, match="max takes 2 or more operands, not 1"):
        Value(1.0).max()
