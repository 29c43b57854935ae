"""Operations of more than two operands run through NumPy, with the shares of `Value.backward()`."""

from __future__ import annotations

import numpy as np
import pytest

from engine import Value, compile


@pytest.mark.parametrize("name", ["max", "min"])
def test_a_program_shares_ties_like_backward(name: str) -> None:
    inputs = [Value(0.0, f"x{i}") for i in range(4)]
    weights = [Value(number, f"w{i}") for i, number in enumerate((1.0, 2.0, 1.0, 0.5))]
    products = [w * x for w, x in zip(weights, inputs, strict=True)]
    loss = getattr(products[0], name)(*products[1:]) * 3.0
    X = np.array([[2.0, 1.0, 2.0, 1.0], [1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 1.0, 2.0]])
    value, gradient = compile(loss, inputs, weights).loss_and_grad(X)

    losses, gradients = [], np.zeros((3, 4))
    for index, row in enumerate(X):
        for leaf, number in zip(inputs, row, strict=True):
            leaf.data = float(number)
        products = [w * x for w, x in zip(weights, inputs, strict=True)]
        loss = getattr(products[0], name)(*products[1:]) * 3.0
        loss.zero_grad()
        loss.backward()
        losses.append(loss.data)
        gradients[index] = [w.grad for w in weights]
    assert value == pytest.approx(np.mean(losses), rel=1e-15)
    np.testing.assert_allclose(gradient, gradients.mean(axis=0), rtol=1e-15)


def test_a_constant_maximum_of_three_is_folded() -> None:
    x, w = Value(0.0, "x"), Value(2.0, "w")
    loss = w * x * Value(1.0).max(5.0, 3.0)
    value, gradient = compile(loss, [x], [w]).loss_and_grad(np.array([[1.0], [3.0]]))
    assert (value, gradient.tolist()) == (20.0, [10.0])
