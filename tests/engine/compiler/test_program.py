"""The program over a batch against the graph of Values that it was compiled from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import MLP, Program, Value, compile
from engine.compiler import native_backend, numpy_backend
from engine.compiler.training_options import REDUCTIONS, Cursor, Training
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.schedules import SCHEDULES
from engine.value import sort_topologically, sum_values
from tests.backends import BACKENDS


@pytest.fixture(scope="module", params=BACKENDS, autouse=True)
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """Everything here holds on every backend; they take turns as the usual one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native_backend, "best", lambda: request.param)
        yield request.param


def network(
    nouts: tuple[int, ...] = (4, 3, 1),
    loss: str = "mse",
    activation: str = "tanh",
    output: str = "tanh",
    seed: int = 0,
) -> tuple[Program, Value]:
    """The program of a network with two inputs, and its loss."""
    mlp = MLP(2, nouts, activation, output, seed=seed)
    inputs = [Value(0.0, f"x{i}") for i in range(2)]
    targets = [Value(0.0, f"t{i}") for i in range(nouts[-1])]
    value = LOSSES[loss].sample(mlp.outputs(inputs), targets)
    return compile(value, [*inputs, *targets], mlp.parameters()), value


def batch(samples: int, columns: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (samples, columns))


def by_the_graph(program: Program, loss: Value, X: np.ndarray) -> tuple[float, np.ndarray]:
    """Sum of the loss and its gradient: the graph itself computed again for every sample."""
    summed, gradient = 0.0, np.zeros(len(program.parameters))
    for row in X:
        for value, data in zip(program.inputs, row.tolist(), strict=True):
            value.data = data
        for node in sort_topologically(loss):
            if node.op is not None:
                node.data = float(
                    node.op.forward(*(o.data for o in node.operands), *node.attributes)
                )
        loss.zero_grad()
        loss.backward()
        summed += loss.data
        gradient += [parameter.grad for parameter in program.parameters]
    return summed, gradient


@settings(max_examples=60)
@given(
    st.sampled_from(["tanh", "relu", "leaky_relu", "sigmoid", "softplus", "sin", "cos", "abs"]),
    st.sampled_from([("squares", "tanh"), ("mse", "linear"), ("hinge", "linear"),
                     ("bce", "linear")]),
    st.integers(1, 3), st.integers(1, 7), st.integers(0, 10_000),
)  # fmt: skip
def test_a_batch_gives_what_the_graph_gives_sample_by_sample(
    activation: str, ending: tuple[str, str], outputs: int, samples: int, seed: int
) -> None:
    program, loss = network((4, 3, outputs), ending[0], activation, ending[1], seed)
    X = batch(samples, 2 + outputs, seed)
    summed, gradient = by_the_graph(program, loss, X)
    for reduction, weight in (("sum", 1.0), ("mean", 1.0 / samples)):
        actual, slopes = program.loss_and_grad(X, reduction)
        assert actual == pytest.approx(summed * weight, rel=1e-13)
        np.testing.assert_allclose(slopes, gradient * weight, rtol=1e-11, atol=1e-14)


def test_the_mean_is_the_default_and_reductions_are_named() -> None:
    program, _ = network()
    X = batch(5, 3)
    assert program.loss_and_grad(X)[0] == program.loss_and_grad(X, "mean")[0]
    assert program.loss_and_grad(X, reduction="sum")[0] == pytest.approx(
        5 * program.loss_and_grad(X)[0], rel=1e-14
    )


def test_a_parameter_used_twice_receives_both_gradients() -> None:
    w, x = Value(3.0), Value(0.0)
    program = compile((w * x + w) ** 2, inputs=[x], parameters=[w])
    loss, gradient = program.loss_and_grad([[1.0], [2.0]])
    assert loss == (36 + 81) / 2
    assert gradient.tolist() == [(2 * 6 * 2 + 2 * 9 * 3) / 2]


@pytest.mark.parametrize(("reduction", "times"), [("mean", 1), ("sum", 4)])
def test_a_loss_without_inputs_counts_once_a_sample(reduction: str, times: int) -> None:
    w, x, unused = Value(3.0), Value(0.0), Value(5.0)
    program = compile(w**2, inputs=[x], parameters=[w, unused])
    loss, gradient = program.loss_and_grad(np.zeros((4, 1)), reduction)
    assert loss == 9 * times
    assert gradient.tolist() == [6 * times, 0]


@pytest.mark.parametrize(("reduction", "times"), [("mean", 1), ("sum", 4)])
def test_a_penalty_on_weights_is_part_of_every_samples_loss(reduction: str, times: int) -> None:
    w, x = Value(3.0), Value(0.0)
    program = compile(w * x + w**2, inputs=[x], parameters=[w])
    loss, gradient = program.loss_and_grad([[1.0], [2.0], [3.0], [6.0]], reduction)
    assert loss == (3 * 3 + 9) * times
    assert gradient.tolist() == [(3 + 6) * times]


def test_a_parameter_or_an_input_alone_can_be_the_loss() -> None:
    w, x = Value(3.0), Value(0.0)
    assert compile(w, [x], [w]).loss_and_grad([[1.0], [3.0]])[1].tolist() == [1.0]
    loss, gradient = compile(x, [x], [w]).loss_and_grad([[1.0], [3.0]])
    assert (loss, gradient.tolist()) == (2.0, [0.0])


def test_gradients_come_at_the_present_data() -> None:
    w, x = Value(3.0), Value(0.0)
    program = compile(w * w * x, [x], [w])
    w.data = 5.0
    assert program.loss_and_grad([[2.0]])[1].tolist() == [20.0]
    assert program.gradient(np.array([7.0]), np.array([[2.0]]))[1].tolist() == [28.0]


def test_ties_and_corners_are_shared_in_a_batch_too() -> None:
    w, v, x = Value(2.0), Value(2.0), Value(0.0)
    program = compile((w * x).max(v * x) + (x - 1.0).relu() * w, [x], [w, v])
    assert program.loss_and_grad([[1.0]])[1].tolist() == [0.5, 0.5]


def test_outputs_can_be_asked_for_without_the_targets() -> None:
    mlp = MLP(2, [3, 2], seed=1)
    inputs, targets = [Value(0.0), Value(0.0)], [Value(0.0), Value(0.0)]
    outputs = mlp.outputs(inputs)
    curve = [output * 2.0 for output in outputs]
    loss = sum_values((o - t) ** 2 for o, t in zip(outputs, targets, strict=True))
    program = compile(loss, [*inputs, *targets], mlp.parameters(), curve)
    X = batch(6, 2)
    actual = program.evaluate(program.values(), X, [*curve, program.parameters[0]])
    assert actual.shape == (3, 6)
    for column, row in enumerate(X.tolist()):
        expected = [2 * output.data for output in mlp.outputs(row)]
        assert actual[:2, column] == pytest.approx(expected, rel=1e-14)
    assert set(actual[2]) == {program.parameters[0].data}


# --- training ------------------------------------------------------------------------------------


def test_training_is_plain_descent_and_updates_the_values() -> None:
    w, b, x, t = Value(0.5), Value(0.0), Value(0.0), Value(0.0)
    program = compile((w * x + b - t) ** 2, inputs=[x, t], parameters=[w, b])
    X = batch(20, 2)
    losses = program.train(X, steps=30, rate=0.1)
    slope, shift, expected = 0.5, 0.0, []
    for _ in range(30):
        rest = slope * X[:, 0] + shift - X[:, 1]
        expected.append(np.mean(rest**2))
        slope, shift = slope - 0.1 * np.mean(2 * rest * X[:, 0]), shift - 0.1 * np.mean(2 * rest)
    np.testing.assert_allclose(losses, expected, rtol=1e-12)
    assert (w.data, b.data) == pytest.approx((slope, shift), rel=1e-12)
    assert (type(w.data), losses.shape) == (float, (30,))


def test_a_sum_is_trained_on_as_a_sum() -> None:
    w, x = Value(1.0), Value(0.0)
    compile(w * x, [x], [w]).train([[1.0], [2.0]], steps=1, rate=0.1, reduction="sum")
    assert w.data == pytest.approx(0.7, rel=1e-15)


def test_batches_take_every_sample_once_an_epoch_and_keep_the_short_last_one() -> None:
    """The loss of a batch is the sum of its samples' powers of two, which tells them apart."""
    x, w = Value(0.0), Value(0.0)
    program = compile(x + w * 0.0, [x], [w])
    X = 2.0 ** np.arange(10)[:, None]
    losses = program.train(X, steps=12, rate=0.1, batch=4, reduction="sum", seed=3)
    orders = []
    for epoch in losses.reshape(4, 3).astype(int):
        batch = [{i for i in range(10) if total >> i & 1} for total in epoch.tolist()]
        assert [len(item) for item in batch] == [4, 4, 2]
        assert set.union(*batch) == set(range(10))
        orders.append(tuple(map(frozenset, batch)))
    assert len(set(orders)) == 4
    other = program.train(X, steps=12, rate=0.1, batch=4, reduction="sum", seed=4)
    assert not np.array_equal(losses, other)


def test_a_short_last_batch_is_a_mean_over_its_own_samples() -> None:
    x, w = Value(0.0), Value(0.0)
    program = compile(x + w, [x], [w])
    losses = program.train(np.full((5, 1), 3.0), steps=3, rate=0.0, batch=2)
    assert losses.tolist() == [3, 3, 3]


def droppable() -> tuple[Program, list[Value], list[Value]]:
    """A network with two inputs, its hidden neurons dropped in training; they, and its outputs."""
    mlp = MLP(2, (4, 3, 1), seed=0)
    inputs, target = [Value(0.0), Value(0.0)], Value(0.0)
    first = mlp.layers[0](inputs)
    second = mlp.layers[1](first)
    outputs = mlp.layers[2](second)
    loss = (outputs[0] - target) ** 2
    hidden = [*first, *second]
    program = compile(loss, [*inputs, target], mlp.parameters(), outputs, dropped=hidden)
    return program, hidden, outputs


@settings(max_examples=40)
@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=6),
    st.sampled_from([None, 1, 3, 4, 11, 50]),
    st.sampled_from(list(OPTIMIZERS)),
    st.sampled_from(list(SCHEDULES)),
    st.sampled_from([0.0, 0.4]),
)
def test_training_in_slices_is_training_at_once_to_the_last_bit(
    slices: list[int], size: int | None, optimizer: str, schedule: str, dropout: float
) -> None:
    program = droppable()[0]
    X = batch(11, 3)
    training = Training(
        optimizer, 0.03, size or 0, seed=5, schedule=schedule, period=7, l1=0.01, clip=0.5,
        dropout=dropout,
    )  # fmt: skip
    begin = program.values()
    moments = tuple(np.zeros_like(begin) for _ in range(OPTIMIZERS[optimizer].moments))
    whole = program.descend(begin, moments, X, training, start=0, steps=sum(slices))
    parameters, cursor, done, losses = begin, Cursor(), 0, []
    for steps in slices:
        part = program.descend(
            parameters, moments, X, training, start=done, steps=steps, cursor=cursor
        )
        parameters, moments, cursor = part.parameters, part.moments, part.cursor
        losses += part.losses.tolist()
        done += steps
    assert parameters.tobytes() == whole.parameters.tobytes()
    assert losses == whole.losses.tolist()
    assert cursor == whole.cursor


@pytest.mark.parametrize("stride", [1, 3, 8])
@pytest.mark.parametrize(("size", "dropout"), [(None, 0.0), (4, 0.0), (None, 0.4), (4, 0.4)])
@pytest.mark.parametrize("blocks", [False, True])
def test_what_is_watched_is_what_an_evaluation_would_find(
    stride: int, size: int | None, dropout: float, blocks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if blocks:
        in_small_blocks(monkeypatch)
    program = droppable()[0]
    loss = next(item for item, at in program._graph.place.items() if at == program._graph.loss)
    X, watched = batch(11, 3), batch(29, 3)
    training, begin = Training(rate=0.1, batch=size or 0, seed=5, dropout=dropout), program.values()
    plain = program.descend(begin, (), X, training, start=2, steps=20)
    curve = program.descend(
        begin, (), X, training, start=2, steps=20, watched=watched, stride=stride
    )
    assert curve.parameters.tobytes() == plain.parameters.tobytes()
    assert curve.losses.tobytes() == plain.losses.tobytes()
    points = [step for step in range(3, 23) if step % stride == 0]
    assert curve.watched.shape == (len(points), 29)
    for actual, point in zip(curve.watched, points, strict=True):
        until = program.descend(begin, (), X, training, start=2, steps=point - 2)
        expected = program.evaluate(until.parameters, watched, [loss])[0]
        assert actual.tobytes() == expected.tobytes()


def test_descending_changes_nothing_that_it_was_given() -> None:
    program, _ = network()
    begin, X = program.values(), batch(8, 3)
    copy, table = begin.copy(), X.copy()
    program.descend(begin, (), X, Training(batch=3), start=0, steps=5)
    np.testing.assert_array_equal(begin, copy)
    np.testing.assert_array_equal(X, table)
    np.testing.assert_array_equal(program.values(), copy)


# --- dropout -------------------------------------------------------------------------------------


@given(st.integers(0, 2**31 - 1), st.integers(0, 10**6), st.floats(0.05, 0.9))
def test_masks_take_their_share_and_keep_the_mean(seed: int, step: int, share: float) -> None:
    masks = Training(seed=seed, dropout=share).masks(step, 40, 500)
    spread = np.sqrt(share * (1 - share) / masks.size)
    assert abs((masks == 0).mean() - share) < 5.5 * spread
    assert abs(masks.mean() - 1.0) < 5.5 * spread / (1 - share)
    assert set(np.unique(masks)) == {0.0, 1.0 / (1.0 - share)}


def test_masks_follow_from_the_seed_and_the_step_alone() -> None:
    training = Training(seed=3, dropout=0.5)
    masks = training.masks(7, 5, 20)
    np.testing.assert_array_equal(training.masks(7, 5, 20), masks)
    assert (training.masks(8, 5, 20) != masks).any()
    assert (replace(training, seed=4).masks(7, 5, 20) != masks).any()


def test_training_sees_masked_neurons_and_evaluation_sees_them_all() -> None:
    program, hidden, outputs = droppable()
    X, training = batch(9, 3), Training(rate=0.1, seed=2, dropout=0.5)
    before = program.evaluate(program.values(), X, [*hidden, *outputs])
    masks = training.masks(4, len(hidden), len(X))
    # The same graph with the masks as further inputs.
    mlp = MLP(2, (4, 3, 1), seed=0)
    inputs, target = [Value(0.0), Value(0.0)], Value(0.0)
    factors = [Value(0.0) for _ in hidden]
    layer = [a * m for a, m in zip(mlp.layers[0](inputs), factors[:4], strict=True)]
    layer = [a * m for a, m in zip(mlp.layers[1](layer), factors[4:], strict=True)]
    plain = compile(
        (mlp.layers[2](layer)[0] - target) ** 2, [*inputs, target, *factors], mlp.parameters()
    )
    loss, gradient = plain.loss_and_grad(np.hstack([X, masks.T]))
    actual = program.descend(program.values(), (), X, training, start=4, steps=1)
    assert actual.losses.tolist() == pytest.approx([loss], rel=1e-14)
    np.testing.assert_allclose(
        actual.parameters, program.values() - 0.1 * gradient, rtol=1e-13, atol=1e-15
    )
    after = program.evaluate(program.values(), X, [*hidden, *outputs])
    np.testing.assert_array_equal(before, after)
    assert program.loss_and_grad(X)[0] != pytest.approx(loss, rel=1e-3)


def in_small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make both backends take a batch by eight rows."""
    monkeypatch.setattr(numpy_backend, "MOST_NUMBERS", 1)
    monkeypatch.setattr(numpy_backend, "LEAST_ROWS", 8)
    monkeypatch.setattr(native_backend, "WORKING_SET", 1)
    monkeypatch.setattr(native_backend, "WATCHED_SET", 1)
    monkeypatch.setattr(native_backend, "LEAST_CHUNK", 8)


def test_blocks_of_rows_take_their_own_masks(monkeypatch: pytest.MonkeyPatch) -> None:
    X, training = batch(43, 3), Training(rate=0.1, seed=2, dropout=0.5)
    whole = droppable()[0]
    expected = whole.descend(whole.values(), (), X, training, start=0, steps=3)
    in_small_blocks(monkeypatch)
    blocks = droppable()[0]
    actual = blocks.descend(blocks.values(), (), X, training, start=0, steps=3)
    np.testing.assert_allclose(actual.losses, expected.losses, rtol=1e-13)
    np.testing.assert_allclose(actual.parameters, expected.parameters, rtol=1e-12)


def test_an_input_a_parameter_and_a_constant_can_be_dropped_too() -> None:
    w, x, c = Value(2.0), Value(0.0), Value(3.0)
    result = compile(w * x + w * c, [x], [w], dropped=[w, x, c])
    X, training = np.arange(1.0, 9.0)[:, None], Training(rate=0.1, seed=1, dropout=0.5)
    of_w, of_x, of_c = training.masks(0, 3, 8)
    slope = np.mean(of_w * (of_x * X[:, 0] + of_c * 3.0))
    actual = result.descend(result.values(), (), X, training, start=0, steps=1)
    assert actual.losses[0] == pytest.approx(2.0 * slope, rel=1e-14)
    assert actual.parameters[0] == pytest.approx(2.0 - 0.1 * slope, rel=1e-14)


# --- divergence ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "optimizer"),
    [
        pytest.param(lambda w: w * 1e308 * 1e3, "sgd", id="the loss"),
        pytest.param(lambda w: (w * 0.0).sqrt(), "sgd", id="the gradient"),
        pytest.param(lambda w: w * -1e308, "sgd", id="a parameter"),
        pytest.param(lambda w: w * 1e200, "rmsprop", id="a moment"),
        pytest.param(lambda w: w * 1e200, "adam", id="a second moment"),
    ],
)
def test_any_number_that_is_not_finite_stops_the_run_where_it_was(
    text: Callable[[Value], Value], optimizer: str
) -> None:
    w = Value(0.0)
    result = compile(text(w), [], [w])
    moments = tuple(np.zeros(1) for _ in range(OPTIMIZERS[optimizer].moments))
    training = Training(optimizer, rate=100.0)
    actual = result.descend(np.array([0.5]), moments, np.zeros((2, 0)), training, start=5, steps=3)
    assert not actual.finite
    assert (actual.parameters.tolist(), len(actual.losses)) == ([0.5], 0)
    assert [item.tolist() for item in actual.moments] == [[0.0]] * len(moments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimizer": "adman"}, "'adman' is not one of sgd, momentum"),
        ({"schedule": "2/t"}, "'2/t' is not one of constant, linear"),
        ({"reduction": "median"}, "'median' is not one of mean, sum"),
        ({"batch": -1}, "batch must be at least 0; this is -1"),
        ({"period": 0}, "period must be at least 1; this is 0"),
        ({"factor": 1.5}, "factor must be at most 1; this is 1.5"),
        ({"dropout": 1.0}, "dropout must be below 1; this is 1.0"),
        ({"dropout": float("nan")}, "dropout must be at least 0; this is nan"),
        ({"l1": -0.1}, "l1 must be at least 0; this is -0.1"),
        ({"clip": -0.1}, "clip must be at least 0; this is -0.1"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_a_step(
    options: dict[str, Any], message: str
) -> None:
    w, x = Value(1.0), Value(0.0)
    with pytest.raises(ValueError, match=message):
        compile(w * x, [x], [w]).train([[1.0]], steps=1, rate=0.1, **options)
    assert w.data == 1.0


def test_the_steps_follow_the_schedule_the_penalties_and_the_limit() -> None:
    w, x = Value(1.0), Value(0.0)
    result = compile(w * x, [x], [w])
    result.train([[1.0]], steps=3, rate=0.1, schedule="step", period=2, factor=0.5)
    assert w.data == pytest.approx(1 - 0.1 - 0.1 - 0.05, rel=1e-14)
    w.data = 1.0
    losses = result.train([[1.0]], steps=1, rate=0.1, l1=0.5, l2=0.25)
    assert (w.data, losses.tolist()) == (pytest.approx(1 - 0.1 * 1.75, rel=1e-14), [1.0])
    w.data = 1.0
    result.train([[1.0]], steps=1, rate=0.1, l1=6.0, l2=7.0, clip=0.5)
    assert w.data == pytest.approx(1 - 0.1 * (0.5 + 7.0), rel=1e-6)


def test_a_divergence_keeps_the_last_good_numbers() -> None:
    w, x = Value(1.0), Value(0.0)
    program = compile((w * x) ** 2, [x], [w])
    with pytest.raises(ArithmeticError, match=r"diverged at step (\d+); try a smaller rate"):
        program.train([[1.0]], steps=1000, rate=100.0)
    # Every step multiplies w by 1 − 2·100; it ends at the first w whose square is too large.
    steps = next(n for n in range(1000) if 2 * n * np.log(199) > np.log(1.797e308))
    assert w.data == pytest.approx((-199.0) ** steps, rel=1e-9)
    result = program.descend(
        np.array([1.0]), (), np.array([[1.0]]), Training(rate=100.0), start=0, steps=1000
    )
    assert not result.finite
    assert len(result.losses) == steps
    assert np.isfinite(result.losses).all()
    assert result.parameters.tolist() == [w.data]


def test_a_sample_that_is_not_a_number_is_a_divergence_not_a_result() -> None:
    w, x = Value(1.0), Value(0.0)
    program = compile((w * x).tanh(), [x], [w])
    with pytest.raises(ArithmeticError, match="diverged at step 1"):
        program.train([[np.nan], [1.0]], steps=3, rate=0.1)
    assert w.data == 1.0


def test_a_finite_loss_does_not_hide_a_parameter_that_is_lost() -> None:
    w, x = Value(0.0), Value(0.0)
    program = compile((w * x).sin(), [x], [w])
    with pytest.raises(ArithmeticError, match="diverged at step 1"):
        program.train([[1e300]], steps=3, rate=1e10)
    assert w.data == 0.0


# --- errors --------------------------------------------------------------------------------------


def program_of_one() -> Program:
    w, x = Value(1.0, "w"), Value(0.0, "x")
    return compile(w * x, [x], [w])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: p.loss_and_grad([[1.0, 2.0]]), "2 columns for 1 inputs"),
        (lambda p: p.train([[1.0, 2.0]], steps=1, rate=0.1), "2 columns for 1 inputs"),
        (lambda p: p.loss_and_grad([1.0]), r"rows of a table.* \(1,\)"),
        (lambda p: p.loss_and_grad(np.empty((0, 1))), r"rows of a table.* \(0, 1\)"),
        (lambda p: p.loss_and_grad([[1.0]], "max"), "reduction is one of mean, sum, not 'max'"),
        (lambda p: p.train([[1.0]], steps=1, rate=0.1, optimizer="x"), "'x' is not one of sgd"),
        (lambda p: p.train([[1.0]], steps=1, rate=0.1, batch=-3), "batch must be at least 0"),
        (lambda p: p.train([[1.0]], steps=1, rate=0.1, reduction="x"), "one of mean, sum"),
    ],
)
def test_a_call_that_does_not_fit_says_why(call: Callable[[Program], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(program_of_one())


def test_only_leaves_can_be_inputs_and_parameters_and_only_once() -> None:
    w, x = Value(1.0, "w"), Value(0.0, "x")
    inner = w * x
    with pytest.raises(ValueError, match=r"the input .* is computed from other Values"):
        compile(inner, [inner], [w])
    with pytest.raises(ValueError, match=r"the parameter .* is computed from other Values"):
        compile(inner, [x], [inner])
    for inputs, parameters in (([x], [x]), ([x, x], [w]), ([x], [w, w])):
        with pytest.raises(ValueError, match="stands twice"):
            compile(inner, inputs, parameters)


def test_a_large_batch_taken_in_blocks_gives_what_one_block_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x, t, w = Value(0.0), Value(0.0), Value(0.7)
    loss = ((x * w).tanh() - t) ** 2
    table = np.column_stack([np.linspace(-2.0, 2.0, 101), np.linspace(1.0, -1.0, 101)])
    whole = compile(loss, [x, t], [w])
    in_small_blocks(monkeypatch)
    blocks = compile(loss, [x, t], [w])
    for reduction in REDUCTIONS:
        expected, got = (p.loss_and_grad(table, reduction) for p in (whole, blocks))
        assert got[0] == pytest.approx(expected[0], rel=1e-13)
        assert got[1] == pytest.approx(expected[1], rel=1e-13)
    here = np.array([0.7])
    actual, expected = (p.evaluate(here, table, [loss]) for p in (blocks, whole))
    assert (actual == expected).all()
