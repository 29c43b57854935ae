"""Checks: what counts as an answer, and which hint comes first."""

from __future__ import annotations

import pytest

from engine.training.run import advance, begin
from engine.training.settings import Settings
from playground.expression.scene import scene
from playground.expression.state import Lab
from playground.lessons.checks import (
    Attempt,
    check_all,
    check_choice,
    check_first_loss,
    check_first_rise,
    check_lab,
    check_numbers,
    check_output,
    check_run,
)

POINTS = Settings(dataset="points", hidden=(4, 4), samples=4, test=0.0, loss="mse")


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("−3, 2", ""),
        ("-3.01 and 2", ""),
        ("2 -3", "no"),
        ("a: −3, b: 4/2", ""),
        ("-3", "Write 2 numbers, with commas between them: 1, 2. no"),
        ("", "Write 2 numbers, with commas between them: 1, 2. no"),
    ],
)
def test_numbers_are_read_as_people_write_them(answer: str, hint: str) -> None:
    assert check_numbers(-3.0, 2.0, hint="no")(Attempt(answer)) == hint


def test_one_number_is_asked_for_in_the_singular() -> None:
    assert (
        check_numbers(1.0, hint="no")(Attempt("")) == "Write a number, such as 0.5, 2/3 or 1e-3. no"
    )


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        (0.0, "0, because x2 is 0"),
        (0.0, "w2.grad = 0"),
        (14.0, "14 at x=3"),
        (14.0, "14,003"),
        (47.0, "(3+1)*4+(4+1)*5+(5+1)*1"),
        (0.7071, "0,7071"),
    ],
)
def test_an_answer_may_have_a_name_a_reason_or_its_calculation(target: float, answer: str) -> None:
    assert check_numbers(target, hint="no")(Attempt(answer)) == ""


def test_near_zero_the_tolerance_does_not_vanish() -> None:
    check = check_numbers(0.0, hint="no")
    assert not check(Attempt("0.0005"))
    assert check(Attempt("0.002"))
    assert check_numbers(0.0, tolerance=0.0, hint="no")(Attempt("0.0005"))


def test_the_first_hint_that_is_needed_comes_first() -> None:
    check = check_all(check_choice("yes", "first"), check_numbers(1.0, hint="second"))
    assert check(Attempt("1")) == "first"
    assert check(Attempt("yes")) == "Write a number, such as 0.5, 2/3 or 1e-3. second"
    assert check_all()(Attempt()) == ""


def test_a_lab_with_an_error_passes_no_check() -> None:
    check = check_lab(lambda scene: True, "look")
    assert check(Attempt(lab=Lab(code="a = 2"))) == ""
    assert check(Attempt(lab=Lab(code="a = ("))) == "look"
    assert check(Attempt()) == "look"


def test_the_output_of_the_lab_is_the_answer() -> None:
    check = check_output(0.005, "read")
    assert check(Attempt("6", Lab(code="a = 2\nb = 3 * a"))) == ""
    assert check(Attempt("7", Lab(code="a = 2\nb = 3 * a"))) == "read"


def test_a_run_passes_when_it_is_far_enough() -> None:
    check = check_run(lambda run: run.step >= 20, "train")
    run = begin(POINTS)
    assert check(Attempt(run=advance(run, 19))) == "train"
    assert check(Attempt(run=advance(run, 20))) == ""
    assert check(Attempt()) == "train"


def test_the_first_loss_is_known_after_a_step() -> None:
    check = check_first_loss("step", "read")
    run = begin(POINTS)
    loss = str(run.curve.train[0])
    assert check(Attempt(loss, run=run)) == "step"
    assert check(Attempt(loss, run=advance(run, 3))) == ""
    assert check(Attempt("0", run=advance(run, 3))) == "read"


def descended(steps: int, rate: float = 0.05) -> Lab:
    """Return the lab of the forgotten zero_grad after some gradient steps."""
    code = "x = 2\nt = 1\nw = 2\nloss = (w*x - t)**2\n"
    return Lab(code=code, inputs=("x", "t"), moves=(f"{rate}*{steps}f",), forgotten=True)


def test_the_first_rise_is_the_first_point_above_the_one_before() -> None:
    check = check_first_rise(5, "start", "go on", "count")
    outputs = scene(descended(10)).graph.trail.outputs
    rise = next(i for i in range(1, 11) if outputs[i] > outputs[i - 1])
    assert check(Attempt(str(rise), descended(10))) == ""
    assert check(Attempt(str(rise + 1), descended(10))) == "count"


def test_a_rise_counts_after_enough_steps_with_forgotten_gradients() -> None:
    check = check_first_rise(5, "start", "go on", "count")
    assert check(Attempt("2")) == "start"
    assert check(Attempt("2", Lab(code="a = 2"))) == "start"
    assert check(Attempt("2", descended(4))) == "start"
    assert check(Attempt("2", descended(5, rate=0.0001))) == "go on"
