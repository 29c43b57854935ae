"""Runs: the same however they are sliced and replayed, and the exercise that must be learnt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import MLP, Value, compile, random
from engine.inspection.frames import frame
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS, Moments, Optimizer, Step
from engine.random import Floats
from engine.training import run as run_module
from engine.training.apply_command import apply_command
from engine.training.commands import NewSetting
from engine.training.csv_table import Table
from engine.training.data import data_from_table, make_data
from engine.training.datasets import DATASETS
from engine.training.replay import replay
from engine.training.run import CURVE_POINTS, Curve, Run, advance, begin, compute_losses
from engine.training.settings import Settings
from engine.training.settings_parser import parse_settings, suggest_settings

GENERATED = [name for name in DATASETS if name != "own"]
SMALL = Settings(samples=20, hidden=(4,), batch=6, noise=0.2)
WILD = Settings(samples=20, hidden=(4,), batch=6, rate=100.0, output="linear", activation=("relu",))


def new_rate(rate: float) -> NewSetting:
    return NewSetting(name="rate", text=repr(rate))


def same(one: Run, other: Run) -> bool:
    """Equal to the last bit in everything that a run is."""
    return (
        one.settings == other.settings
        and one.parameters.tobytes() == other.parameters.tobytes()
        and [m.tobytes() for m in one.moments] == [m.tobytes() for m in other.moments]
        and (one.training, one.step, one.cursor, one.log, one.diverged, one.backend)
        == (other.training, other.step, other.cursor, other.log, other.diverged, other.backend)
        and one.curve.stride == other.curve.stride
        and one.curve.train.tobytes() == other.curve.train.tobytes()
        and one.curve.test.tobytes() == other.curve.test.tobytes()
    )


# --- the exercise --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_the_four_points_are_learnt_from_every_seed(seed: int) -> None:
    mlp = MLP(3, [4, 4, 1], seed=seed)
    inputs, target = [Value(0.0) for _ in range(3)], Value(0.0)
    loss = LOSSES["squares"].sample(mlp.outputs(inputs), [target])
    program = compile(loss, [*inputs, target], mlp.parameters())
    points = [[2, 3, -1, 1], [3, -1, 0.5, -1], [0.5, 1, 1, -1], [1, 1, -1, 1]]
    program.train(points, steps=1000, rate=0.1, reduction="sum")
    final = sum(((mlp(row[:3]) - row[3]) ** 2).data for row in points)  # type: ignore[operator]
    assert final < 0.01


def test_the_page_of_the_four_points_trains_the_network_of_the_exercise() -> None:
    chosen, _ = parse_settings(suggest_settings("points", {"seed": "3"}))
    assert chosen is not None
    run = advance(begin(chosen), 200)
    mlp = MLP(3, [4, 4, 1], seed=3)
    inputs, target = [Value(0.0) for _ in range(3)], Value(0.0)
    program = compile((mlp(inputs) - target) ** 2, [*inputs, target], mlp.parameters())  # type: ignore[operator]
    points = [[2, 3, -1, 1], [3, -1, 0.5, -1], [0.5, 1, 1, -1], [1, 1, -1, 1]]
    program.train(points, steps=200, rate=0.1, reduction="sum")
    np.testing.assert_allclose(run.parameters, program.values(), rtol=1e-9)


# --- how a run begins ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", GENERATED)
def test_a_run_begins_with_the_network_that_its_settings_and_seed_name(name: str) -> None:
    chosen = Settings(dataset=name, samples=20, hidden=(5, 3), seed=4, init="he", classes=3)
    run = begin(chosen)
    outputs = chosen.classes if chosen.classes > 2 else 1  # numbers have one, as two classes do
    mlp = MLP(DATASETS[name].dimensions, [5, 3, outputs], seed=4, init="he")
    assert run.parameters.tolist() == [parameter.data for parameter in mlp.parameters()]
    assert (run.step, run.log, run.diverged, len(run.curve.train)) == (0, (), False, 1)


def test_a_run_trains_as_its_settings_say() -> None:
    chosen = Settings(
        optimizer="adamw", rate=0.02, batch=7, schedule="cosine", period=50, factor=0.2,
        l1=0.01, l2=0.02, clip=3, decay=0.05, dropout=0.3, seed=9, hidden=(5, 3),
    )  # fmt: skip
    run = begin(chosen)
    for name in ("optimizer", "rate", "batch", "schedule", "period", "factor", "l1", "l2", "clip",
                 "decay", "dropout", "seed"):  # fmt: skip
        assert getattr(run.training, name) == getattr(chosen, name)
    without = advance(begin(replace_settings(chosen, dropout=0.0)), 1)
    assert (advance(run, 1).parameters != without.parameters).any()
    assert compute_losses(run) == compute_losses(begin(replace_settings(chosen, dropout=0.0)))


def test_cross_entropy_gives_every_class_an_output_even_where_there_are_two() -> None:
    run = begin(replace_settings(SMALL, loss="ce", test=0.0))
    assert run.model.sizes == (2, 4, 2)
    np.testing.assert_array_equal(run.samples.train[:, 2:], np.eye(2)[run.data.class_indices])
    picture = frame(advance(run, 400))
    assert picture.surface.outputs.shape == (2, 50, 50)
    np.testing.assert_allclose(picture.predictions.sum(axis=1), 1.0, rtol=1e-12)
    right = picture.predictions.argmax(axis=1) == run.data.targets
    assert picture.accuracy[0] == right.mean() > 0.8


def test_a_test_share_is_kept_out_of_training_and_loses_no_sample() -> None:
    for share, tests in ((0.0, 0), (0.2, 4), (0.5, 10), (0.8, 16)):
        run = begin(replace_settings(SMALL, test=share))
        train, test = run.samples.train, run.samples.test
        assert (len(train), len(test)) == (20 - tests, tests)
        together = np.concatenate([train, test])[:, :2]
        assert sorted(together.tolist()) == sorted(run.data.inputs.tolist())
    tiny = begin(Settings(dataset="xor", samples=4, test=0.8, hidden=(2,)))
    assert len(tiny.samples.train) >= 1


def replace_settings(old: Settings, **changed: object) -> Settings:
    return Settings.model_validate(old.model_dump() | changed)


@pytest.mark.parametrize(
    ("loss", "output", "low", "high"),
    [("mse", "tanh", -1, 1), ("mse", "sigmoid", 0, 1), ("bce", "sigmoid", 0, 1),
     ("hinge", "linear", -1, 1)],
)  # fmt: skip
def test_targets_are_the_numbers_that_the_output_can_reach(
    loss: str, output: str, low: float, high: float
) -> None:
    run = begin(replace_settings(SMALL, loss=loss, output=output, test=0.0))
    targets = run.samples.train[:, 2]
    np.testing.assert_array_equal(targets, np.where(run.data.class_indices == 1, high, low))
    many = begin(replace_settings(SMALL, dataset="blobs", classes=3, loss=loss, test=0.0))
    targets = np.where(np.eye(3)[many.data.class_indices] == 1, many.model.high, many.model.low)
    np.testing.assert_array_equal(many.samples.train[:, 2:], targets)


def test_the_losses_are_those_of_a_network_of_values() -> None:
    for chosen in (
        SMALL,
        replace_settings(SMALL, loss="squares"),
        replace_settings(SMALL, loss="bce", dataset="blobs", classes=3),
    ):
        run = advance(begin(chosen), 7)
        mlp = MLP(
            2, run_sizes(run), chosen.activations, "linear" if chosen.loss == "bce" else "tanh"
        )
        for parameter, data in zip(mlp.parameters(), run.parameters.tolist(), strict=True):
            parameter.data = data
        for test, loss in zip((False, True), compute_losses(run), strict=True):
            losses = [
                LOSSES[chosen.loss].sample(mlp.outputs(row[:2]), list(map(Value, row[2:]))).data
                for row in (run.samples.test if test else run.samples.train).tolist()
            ]
            combined = np.sum(losses) if chosen.loss == "squares" else np.mean(losses)
            assert loss == pytest.approx(combined, rel=1e-12)


def run_sizes(run: Run) -> list[int]:
    return [len(layer.neurons) for layer in run.model.mlp.layers]


def test_without_test_samples_the_test_loss_is_no_number() -> None:
    run = advance(begin(replace_settings(SMALL, test=0.0)), 3)
    assert np.isnan(compute_losses(run)[1])
    assert np.isnan(run.curve.test).all()
    assert np.isfinite(run.curve.train).all()


# --- slices, replay, commands --------------------------------------------------------------------


@settings(max_examples=25)
@given(
    st.lists(st.integers(0, 40), max_size=6),
    st.sampled_from(
        [
            SMALL,
            replace_settings(SMALL, batch=0, loss="bce"),
            WILD,
            replace_settings(
                SMALL,
                loss="ce",
                optimizer="adam",
                dropout=0.3,
                schedule="cosine",
                period=30,
                clip=1.0,
            ),
        ]
    ),
)
def test_however_the_steps_are_sliced_the_run_is_the_same_to_the_last_bit(
    slices: list[int], chosen: Settings
) -> None:
    run = begin(chosen)
    for steps in slices:
        run = advance(run, steps)
    assert same(run, advance(begin(chosen), sum(slices)))


def test_slices_agree_where_the_curve_has_been_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "CURVE_POINTS", 8)
    whole = advance(begin(SMALL), 100)
    run = begin(SMALL)
    for steps in (1, 6, 1, 1, 10, 30, 51):
        run = advance(run, steps)
    assert same(run, whole)


def test_an_optimizer_that_counts_and_remembers_is_sliced_and_replayed_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def update(
        parameters: Floats, gradient: Floats, moments: Moments, step: Step
    ) -> tuple[Floats, Moments]:
        speed = 0.5 * moments[0] + gradient / step.number
        return parameters - step.rate * speed, (speed,)

    monkeypatch.setitem(OPTIMIZERS, "drag", Optimizer("drag", "Drag", "", 1, update, ""))
    chosen = replace_settings(SMALL, optimizer="drag")
    whole, run = advance(begin(chosen), 30), begin(chosen)
    for steps in (1, 4, 13, 12):
        run = advance(run, steps)
    assert same(run, whole)
    assert same(replay(chosen, run.log, 30), whole)
    X = run.samples.train
    expected, speed = begin(chosen).parameters, np.zeros(len(run.parameters))
    for step in range(1, 3):
        rows = random.permutation(random.key(chosen.seed, random.RandomStream.SHUFFLE, 0), len(X))
        _, gradient = run.model.program.gradient(
            expected, X[rows[6 * (step - 1) : 6 * step]], backend=run.backend
        )
        speed = 0.5 * speed + gradient / step
        expected = expected - 0.1 * speed
    np.testing.assert_array_equal(advance(begin(chosen), 2).parameters, expected)


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.integers(0, 15), st.sampled_from([0.001, 0.1, 0.5, 3.0])), max_size=4
    ),
    st.integers(0, 20),
    st.sampled_from([SMALL, WILD]),
)  # fmt: skip
def test_the_log_gives_the_run_again_at_every_step(
    changes: list[tuple[int, float]], further: int, chosen: Settings
) -> None:
    run = begin(chosen)
    states = [run]
    for steps, rate in changes:
        run = apply_command(advance(run, steps), new_rate(rate))
        states.append(run)
    run = advance(run, further)
    assert same(replay(chosen, run.log, run.step + run.diverged), run)
    for earlier in states:
        again = replay(chosen, run.log, earlier.step)
        assert again.parameters.tobytes() == earlier.parameters.tobytes()


def test_a_run_that_diverged_is_replayed_to_where_it_diverged() -> None:
    run = advance(begin(WILD), 500)
    assert run.diverged
    assert same(replay(WILD, run.log, run.step + 1), run)


def test_a_new_rate_acts_from_its_step_on_and_stands_in_the_log() -> None:
    before = advance(begin(SMALL), 5)
    after = apply_command(before, new_rate(0.5))
    assert after.log == ((5, new_rate(0.5)),)
    assert (before.log, before.training.rate) == ((), 0.1)
    slow, fast = advance(before, 1), advance(after, 1)
    moved = fast.parameters - before.parameters
    np.testing.assert_allclose(moved, 5 * (slow.parameters - before.parameters), rtol=1e-9)


@pytest.mark.parametrize("rate", [0.0, -1.0, 100.1, float("nan"), float("inf")])
def test_a_rate_that_cannot_be_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match=r"Must be greater than 0|Must be at most 100|finite"):
        apply_command(begin(SMALL), new_rate(rate))


def test_advancing_changes_nothing_in_the_run_it_was_given() -> None:
    run = begin(SMALL)
    copy = replace(run, parameters=run.parameters.copy())
    advance(run, 30)
    apply_command(run, new_rate(1.0))
    assert same(run, copy)


def test_another_seed_is_another_run() -> None:
    other = replace_settings(SMALL, seed=1)
    assert not np.array_equal(begin(SMALL).parameters, begin(other).parameters)
    assert not np.array_equal(make_data(SMALL).inputs, make_data(other).inputs)
    assert not np.array_equal(make_data(SMALL).is_test, make_data(other).is_test)


def test_runs_of_one_network_share_their_program() -> None:
    other = begin(replace_settings(SMALL, seed=8, rate=0.7, samples=50))
    assert begin(SMALL).model is other.model


# --- epochs, curve, divergence -------------------------------------------------------------------


def test_an_epoch_uses_every_training_sample_once_and_keeps_its_short_last_batch() -> None:
    """At a rate too small to matter an epoch's moves add up to the gradient over all samples."""
    tiny = 1e-9
    run = begin(replace_settings(SMALL, rate=tiny, batch=6, test=0.2))  # 16 samples: 6, 6, 4
    samples, program = run.samples.train, run.model.program
    _, whole = program.gradient(run.parameters, samples, "sum")
    summed, places, at = np.zeros_like(whole), [], run
    for size in (6, 6, 4):
        following = advance(at, 1)
        summed += (at.parameters - following.parameters) / tiny * size
        places.append((following.cursor.epoch, following.cursor.position))
        at = following
    assert places == [(0, 6), (0, 12), (1, 0)]
    np.testing.assert_allclose(summed, whole, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("batch", [0, 16, 5000])
def test_a_batch_of_all_samples_is_an_epoch_a_step(batch: int) -> None:
    assert advance(begin(replace_settings(SMALL, batch=batch)), 7).cursor.epoch == 7


@given(st.integers(0, 5000))
def test_the_curve_stays_bounded_and_keeps_the_right_points(steps: int) -> None:
    curve = Curve().extend(np.zeros(1), -np.zeros(1))
    for step in range(1, steps + 1):
        if step % curve.stride == 0:
            curve = curve.extend(np.array([step]), -np.array([step]))
    assert len(curve.train) <= CURVE_POINTS
    assert len(curve.train) >= min(steps, CURVE_POINTS // 2)
    np.testing.assert_array_equal(curve.train, curve.steps)
    np.testing.assert_array_equal(curve.test, -curve.train)
    assert curve.steps[0] == 0
    assert steps - curve.steps[-1] < curve.stride


def test_every_point_of_a_runs_curve_is_the_loss_at_its_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run_module, "CURVE_POINTS", 8)
    run = advance(begin(SMALL), 45)
    assert run.curve.stride == 8
    assert run.curve.steps.tolist() == [0, 8, 16, 24, 32, 40]
    for place, step in enumerate(run.curve.steps.tolist()):
        there = compute_losses(advance(begin(SMALL), step))
        assert (run.curve.train[place], run.curve.test[place]) == there


def test_a_run_that_diverges_keeps_its_last_good_state_and_can_go_on_more_slowly() -> None:
    run = advance(begin(WILD), 10_000)
    assert run.diverged
    assert 0 < run.step < 10_000
    assert np.isfinite(run.parameters).all()
    assert run.step == advance(begin(WILD), run.step).step
    assert not advance(begin(WILD), run.step).diverged
    assert same(advance(run, 10), run)
    assert not apply_command(run, new_rate(1e-300)).diverged


@pytest.mark.parametrize("name", GENERATED)
def test_every_dataset_begins_to_be_learnt_with_what_is_suggested_for_it(name: str) -> None:
    chosen, _ = parse_settings(suggest_settings(name, {}) | {"samples": "60"})
    assert chosen is not None
    start = begin(chosen)
    assert compute_losses(advance(start, 100))[0] < 0.95 * compute_losses(start)[0]


@pytest.mark.parametrize(
    "targets",
    [(0, 0), (0, 5e-324), (0, 1e-310), (1, 1 + 1e-14), (-1e9, 1e9), (1e20, 1e20), (1e300, 1e300)],
)
def test_targets_that_hardly_differ_have_a_scale_all_the_same(targets: tuple[float, float]) -> None:
    table = Table(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array(targets, dtype=np.float64), ())
    low, high = data_from_table(table, Settings()).span
    assert (high - low) / 255.0 > 1e-300
    assert low <= min(targets)
    assert high >= max(targets)
