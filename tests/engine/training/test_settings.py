"""Settings: the same through a URL to the last digit, and a sentence for every bound crossed."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.losses import LOSSES
from engine.nn import INITIALISATIONS
from engine.ops import ACTIVATIONS
from engine.optimizers import OPTIMIZERS
from engine.schedules import SCHEDULES
from engine.training import messages
from engine.training.datasets import DATASETS
from engine.training.features import FEATURES
from engine.training.settings import DECLARATIONS, MAX_LAYERS, MAX_NEURONS, Settings
from engine.training.settings_parser import parse_settings, suggest_settings


@st.composite
def chosen(draw: st.DrawFn) -> Settings:
    hidden = draw(st.lists(st.integers(1, MAX_NEURONS), max_size=MAX_LAYERS))
    one = st.sampled_from(list(ACTIVATIONS)).map(lambda name: (name,))
    one_per_layer = st.lists(
        st.sampled_from(list(ACTIVATIONS)), min_size=len(hidden), max_size=len(hidden)
    ).map(tuple)
    dataset = draw(st.sampled_from(list(DATASETS)))
    numbers = DATASETS[dataset].is_regression
    loss = draw(
        st.sampled_from([n for n, entry in LOSSES.items() if entry.is_regression or not numbers])
    )
    return Settings(
        dataset=dataset,
        features=draw(st.lists(st.sampled_from(list(FEATURES)), min_size=1).map(tuple)),
        standardise=draw(st.booleans()),
        stop_loss=draw(st.floats(0, 1e6)),
        stop_patience=draw(st.integers(0, 1_000_000)),
        stop_steps=draw(st.integers(0, 100_000_000)),
        samples=draw(st.integers(4, 5000)),
        noise=draw(st.floats(0, 1)),
        classes=draw(st.integers(2, 5)),
        test=draw(st.floats(0, 0.8)),
        hidden=tuple(hidden),
        activation=draw(one | one_per_layer if hidden else one),
        init=draw(st.sampled_from(list(INITIALISATIONS))),
        loss=loss,
        output=draw(st.sampled_from(["auto", *LOSSES[loss].outputs])),
        optimizer=draw(st.sampled_from(list(OPTIMIZERS))),
        rate=draw(st.floats(0, 100, exclude_min=True)),
        batch=draw(st.integers(0, 5000)),
        schedule=draw(st.sampled_from(list(SCHEDULES))),
        period=draw(st.integers(1, 1_000_000)),
        factor=draw(st.floats(0, 1)),
        warmup=draw(st.integers(0, 1_000_000)),
        decay=draw(st.floats(0, 1)),
        beta1=draw(st.floats(0, 1, exclude_max=True)),
        beta2=draw(st.floats(0, 1, exclude_max=True)),
        epsilon=draw(st.floats(0, 1, exclude_min=True)),
        l1=draw(st.floats(0, 1)),
        l2=draw(st.floats(0, 1)),
        clip=draw(st.floats(0, 1e6)),
        dropout=draw(st.floats(0, 0.9)),
        seed=draw(st.integers(0, 2**31 - 1)),
    )


@given(chosen())
def test_settings_come_back_from_a_url_to_the_last_digit(settings: Settings) -> None:
    query = settings.query()
    assert parse_settings(dict(parse_qsl(query, keep_blank_values=True))) == (settings, {})
    assert parse_settings(settings.texts()) == (settings, {})
    assert len(query) < 3500


@given(chosen())
def test_the_same_settings_are_equal_and_can_be_looked_up(settings: Settings) -> None:
    again = Settings.model_validate(settings.model_dump())
    assert again == settings
    assert hash(again) == hash(settings)


def test_what_is_missing_takes_its_default_and_what_is_foreign_is_passed_over() -> None:
    assert parse_settings({}) == (Settings(), {})
    assert parse_settings({"utm_source": "x", "rate": " 0.5 "}) == (Settings(rate=0.5), {})


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_field_has_a_title_a_description_and_a_text(name: str) -> None:
    declaration = DECLARATIONS[name]
    assert declaration.title
    assert declaration.description.endswith(".")
    assert declaration.default == Settings.model_fields[name].default
    assert declaration.value_type == Settings.model_fields[name].annotation
    assert name in Settings().texts()


@pytest.mark.parametrize(
    ("field", "good", "bad", "message"),
    [
        ("samples", "4", "3", "Must be at least 4."),
        ("samples", "5000", "5001", "Must be at most 5,000."),
        ("samples", "40", "4.5", "Write a whole number."),
        ("samples", "40", "many", "Write a whole number."),
        ("samples", "40", "", "Write a whole number."),
        ("samples", "40", "9" * 5000, "Write a whole number."),
        ("noise", "0", "-0.01", "Must be at least 0."),
        ("noise", "1", "1.01", "Must be at most 1."),
        ("noise", "0.3", "loud", "Write a number, such as 0.5, 2/3 or 1e-3."),
        ("noise", "0.3", "", "Write a number, such as 0.5, 2/3 or 1e-3."),
        ("noise", "0.3", "nan", "Write a finite number."),
        ("classes", "2", "1", "Must be at least 2."),
        ("classes", "5", "6", "Must be at most 5."),
        ("test", "0", "-0.1", "Must be at least 0."),
        ("test", "0.8", "0.81", "Must be at most 0.8."),
        ("test", "0.8", "nan", "Write a finite number."),
        ("rate", "100", "100.1", "Must be at most 100."),
        ("rate", "1e-300", "0", "Must be greater than 0."),
        ("rate", "1", "-1", "Must be greater than 0."),
        ("rate", "1", "nan", "Write a finite number."),
        ("rate", "1", "inf", "Write a finite number."),
        ("rate", "1", "1e999", "Write a finite number."),
        ("batch", "0", "-1", "Must be at least 0."),
        ("batch", "5000", "5001", "Must be at most 5,000."),
        ("seed", "0", "-1", "Must be at least 0."),
        ("seed", "2147483647", "2147483648", "Must be at most 2,147,483,647."),
        ("hidden", "1", "0", "A layer has 1 to 64 neurons; one here has 0."),
        ("hidden", "64", "65", "A layer has 1 to 64 neurons; one here has 65."),
        ("hidden", ",".join("1" * 10), ",".join("1" * 11), "At most 10 layers; this has 11."),
        ("hidden", "8; 8", "8, x", "Write whole numbers separated by commas, e.g. 8, 8."),
        ("hidden", "", "8.5", "Write whole numbers separated by commas, e.g. 8, 8."),
        ("activation", "tanh, relu", "tanh, relu, sin",
         "Give one activation for all layers, or one for each of the 2 layers."),
        ("activation", "sin", "",
         "Give one activation for all layers, or one for each of the 2 layers."),
        ("activation", "linear", "tahn", "There is no activation 'tahn'. Choose one of: linear, "),
        ("dataset", "moons", "suns", "There is no dataset 'suns'. Choose one of: points, moons, "),
        ("dataset", "moons", "{x}", "There is no dataset '{x}'. Choose one of: points, moons, "),
        ("init", "he", "she", "There is no init 'she'. Choose one of: uniform, xavier, he."),
        ("loss", "mse", "gain", "There is no loss 'gain'. Choose one of: squares, mse, "),
        ("optimizer", "sgd", "adman", "There is no optimizer 'adman'. Choose one of: sgd"),
        ("output", "linear", "softmax", "Mean squared error needs the output tanh or linear or"),
        ("output", "linear", "relu", "There is no output 'relu'. Choose one of: linear, tanh, sig"),
        ("schedule", "1/t", "2/t", "There is no schedule '2/t'. Choose one of: constant, linear, "),
        ("period", "1", "0", "Must be at least 1."),
        ("period", "1000000", "1000001", "Must be at most 1,000,000."),
        ("factor", "0", "-0.1", "Must be at least 0."),
        ("factor", "1", "1.1", "Must be at most 1."),
        ("warmup", "0", "-1", "Must be at least 0."),
        ("warmup", "1000000", "1000001", "Must be at most 1,000,000."),
        ("decay", "1", "1.1", "Must be at most 1."),
        ("decay", "0", "-1", "Must be at least 0."),
        ("beta1", "0", "1", "Must be less than 1."),
        ("beta2", "0.99", "-0.1", "Must be at least 0."),
        ("epsilon", "1e-12", "0", "Must be greater than 0."),
        ("epsilon", "1", "2", "Must be at most 1."),
        ("feature", "x1", "x" * 201, "At most 200 characters."),
        ("data", "", "here", "No data is stored under this hash."),
        ("standardise", "1", "maybe", "Write 1 for yes, 0 for no."),
        ("l1", "0", "-0.1", "Must be at least 0."),
        ("l1", "1", "2", "Must be at most 1."),
        ("l2", "0", "-0.1", "Must be at least 0."),
        ("l2", "1", "2", "Must be at most 1."),
        ("clip", "0", "-0.1", "Must be at least 0."),
        ("clip", "1e6", "1e7", "Must be at most 1,000,000."),
        ("dropout", "0", "-0.1", "Must be at least 0."),
        ("dropout", "0.9", "0.91", "Must be at most 0.9."),
        ("output", "auto", "tahn", "There is no output 'tahn'. Choose one of: linear, "),
    ],
)  # fmt: skip
def test_a_bound_that_is_crossed_is_told_beside_its_field(
    field: str, good: str, bad: str, message: str
) -> None:
    accepted, wrong = parse_settings({field: good})
    assert wrong == {}
    assert accepted is not None
    nothing, wrong = parse_settings({field: bad})
    assert nothing is None
    assert list(wrong) == [field]
    assert wrong[field].startswith(message)


def test_several_mistakes_are_told_at_once() -> None:
    _, wrong = parse_settings({"rate": "x", "samples": "1", "dataset": "suns"})
    assert set(wrong) == {"rate", "samples", "dataset"}


def test_a_loss_for_classes_is_refused_where_targets_are_numbers() -> None:
    assert parse_settings({"dataset": "plane", "loss": "hinge"})[1] == {
        "loss": "Hinge is a loss for classes, but the targets of these samples are numbers. Choose "
        "Sum of squares or Mean squared error or Huber."
    }
    assert Settings(dataset="plane").output_activation(numbers=True) == "linear"


def test_a_formula_is_read_with_the_settings_and_its_mistake_stands_beside_it() -> None:
    accepted, wrong = parse_settings({"dataset": "curve", "formula": "x1 ** 3"})
    assert (wrong, accepted and accepted.formula) == ({}, "x1 ** 3")
    assert (
        "not defined at x1"
        in parse_settings({"dataset": "curve", "formula": "log(x1)"})[1]["formula"]
    )
    assert "x2 has no value" in parse_settings({"dataset": "curve", "formula": "x2"})[1]["formula"]
    own = {"features": "x1,own", "feature": "1 / 0"}
    assert list(parse_settings(own)[1]) == ["feature"]
    assert parse_settings({"features": ""})[1] == {"features": messages.NO_FEATURE}


def test_an_output_that_the_loss_cannot_use_is_told() -> None:
    assert parse_settings({"loss": "bce", "output": "tanh"})[1] == {
        "output": "Binary cross-entropy needs the output sigmoid."
    }
    assert Settings(loss="bce").output_activation() == "sigmoid"
    assert Settings(loss="mse", output="linear").output_activation() == "linear"


TEXT = st.text(max_size=12) | st.sampled_from(
    ["nan", "-0", "1e400", "0x1", "１", "8,,8", "{", "%s"]
)


@given(st.dictionaries(st.sampled_from(list(Settings.model_fields)), TEXT))
def test_whatever_is_typed_gives_settings_or_sentences(texts: dict[str, str]) -> None:
    start, wrong = parse_settings(texts)
    assert (start is None) == bool(wrong)
    assert set(wrong) <= set(texts)
    assert all(sentence.endswith(".") for sentence in wrong.values())
    if start is not None:
        assert parse_settings(start.texts()) == (start, {})


def test_what_a_dataset_fixes_cannot_be_chosen() -> None:
    points = Settings(dataset="points", samples=300, noise=0.5, classes=4)
    assert (points.samples, points.noise, points.classes) == (4, 0.0, 2)
    assert Settings(dataset="moons", classes=5).classes == 2
    assert Settings(dataset="spiral", classes=5).classes == 5


def test_one_activation_stands_for_every_layer() -> None:
    assert Settings(hidden=(3, 3, 3), activation=("relu",)).activations == ("relu",) * 3
    assert Settings(hidden=(3, 3), activation=("relu", "relu")).activation == ("relu",)
    assert Settings(hidden=(3, 3), activation=("relu", "sin")).activations == ("relu", "sin")
    assert Settings(hidden=()).activations == ()


def test_settings_cannot_be_changed_behind_a_runs_back() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().rate = 3.0  # type: ignore[misc]
    with pytest.raises(ValueError, match="Extra inputs"):
        Settings(speed=3)  # type: ignore[call-arg]


@given(st.sampled_from(list(DATASETS)), chosen())
def test_a_new_dataset_brings_settings_that_fit_whatever_stood_there(
    dataset: str, before: Settings
) -> None:
    texts = suggest_settings(dataset, before.texts())
    start, wrong = parse_settings(texts)
    assert wrong == {}
    assert start is not None
    assert (start.dataset, start.seed) == (dataset, before.seed)
    assert start.optimizer == DATASETS[dataset].suggested.get("optimizer", before.optimizer)
    assert start.noise == DATASETS[dataset].noise
    assert {name: texts[name] for name in DATASETS[dataset].suggested} == DATASETS[
        dataset
    ].suggested
    if len(before.activation) == 1:
        assert start.activation == before.activation


def test_the_four_points_are_met_with_the_network_of_the_exercise() -> None:
    start, _ = parse_settings(suggest_settings("points", {}))
    assert start is not None
    assert (
        start.hidden,
        start.activations,
        start.output_activation(),
    ) == (
        (4, 4),
        ("tanh",) * 2,
        "tanh",
    )
    assert (start.loss, start.init, start.rate, start.batch, start.test) == (
        "squares", "uniform", 0.1, 0, 0.0,
    )  # fmt: skip


def test_an_unknown_dataset_falls_back_to_one_that_exists() -> None:
    assert suggest_settings("suns", {})["dataset"] in DATASETS
