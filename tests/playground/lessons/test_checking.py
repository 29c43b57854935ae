"""`playground lessons check` finds what is wrong in a lesson file, and nothing in a good one."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from playground.lessons.checking import check_file, check_lesson
from playground.lessons.lesson_file import parse_lesson
from playground.lessons.library import own_library
from playground.operator_cli import lessons as command
from playground.places import ROOT

GOOD = '''+++
title = "Slopes"
about = "Two steps."
+++

## A product

The derivative of a product with respect to one factor is the other factor.

```toml
lab = "expression"
code = """
a = 2
b = -3
c = 10
d = a*b + c
"""
at = "middle"
predict = true

[[task]]
kind = "nudge"
leaf = "a"
h = -3
say = "Choose a."

[[task]]
kind = "predict"
right = 3
say = "Predict three gradients."

[answer]
kind = "number"
value = "a.grad"

[[answer.slip]]
typed = "10"
say = "That is c."
```

Task: What is a.grad?

Hint: Look at the other factor.

Correct: b is {b}.

Solution: a.grad = b = −3.

## Samples

A sample is one row of the data.

```toml
lab = "network"
dataset = "points"

[[task]]
kind = "reach"
what = "loss"
below = "first_loss / 2"
say = "Train."

[answer]
kind = "choice"

[[answer.choice]]
text = "Four"
right = true

[[answer.choice]]
text = "Five"
say = "Count again."
```

Task: How many samples are there?

Hint: Count the points.

Correct: there are four.

Solution: Four.
'''
FAULTS: tuple[tuple[str, str, str], ...] = (
    ('+++\ntitle = "Slopes"', 'title = "Slopes"', "must begin with +++"),
    ('title = "Slopes"\n', "", "title: field required"),
    ('about = "Two steps."', "about = Two steps.", "no TOML"),
    ('about = "Two steps."', 'about = "Two steps."\nauthor = "me"', "author: extra inputs"),
    ("## A product", "A product", "before the first step"),
    ("## Samples", "## A product", "another step has the title"),
    ("The derivative of a product with respect to one factor is the other factor.\n", "",
     "needs a text"),
    ("Task: What is a.grad?", "What is a.grad?", "“Task:”"),
    ("Hint: Count the points.\n", "", "“Hint:”"),
    ("Correct: there are four.", "Correct there are four.", "“Correct:”"),
    ("Solution: Four.", "Solution:", "“Solution:”"),
    ("Task: What is a.grad?", "Task: What is a.grad?\n\nTask: And b.grad?", "two paragraphs"),
    ("```toml\nlab = \"network\"", "```yaml\nlab = \"network\"", "needs one block"),
    ("Task: How many", "- a list\n\nTask: How many", "nothing else"),
    ('lab = "network"', 'lab = "biology"', "expression or network"),
    ('dataset = "points"', 'dataset = "moon"', "dataset"),
    ('dataset = "points"', 'dataset = "points"\nrate = "-1"', "rate"),
    ("d = a*b + c", "d = a*b + ", "cannot be opened"),
    ("predict = true", "covered = true", "no covered"),
    ('leaf = "a"', 'leaf = "z"', "no number called z"),
    ("h = -3", "h = 3", "less than or equal to 0"),
    ("h = -3", "", "task.1.nudge.h: field required"),
    ('kind = "nudge"', 'kind = "nudged"', "nudged"),
    ('kind = "nudge"\nleaf = "a"\nh = -3', 'kind = "walk"\nto = "forward"', "as soon as the step"),
    ("right = 3", "right = 9", "only"),
    ('kind = "reach"\nwhat = "loss"\nbelow = "first_loss / 2"', 'kind = "open"\nnode = "d"',
     "cannot be done in the network lab"),
    ('below = "first_loss / 2"', 'below = "first_loss / 1e30"', "does not get there"),
    ('what = "loss"', 'what = "lost"', "cannot be done"),
    ('value = "a.grad"', 'value = "e.grad"', "nothing here is called e.grad"),
    ('value = "a.grad"', 'value = "a.grad +"', "cannot be computed"),
    ('value = "a.grad"', 'value = "b.grad"', "does not contain the answer, 2"),
    ('value = "a.grad"', 'value = "a.grad"\ntolerance = 0.9', "tolerance"),
    ('typed = "10"', 'typed = "b"', "wrong answer “-3.0” is accepted"),
    ("Solution: a.grad = b = −3.", "Solution: a.grad = b = 3.", "does not contain the answer"),
    ("Correct: b is {b}.", "Correct: b is {q}.", "{q}"),
    ('text = "Five"', 'text = "Four"', "two choices are the same"),
    ('say = "Count again."', "", "wrong choice needs `say`"),
    ("right = true\n\n[[answer.choice]]", 'say = "No."\n\n[[answer.choice]]', "exactly one choice"),
)  # fmt: skip


def check(tmp_path: Path, text: str, name: str = "slopes.md") -> list[str]:
    path = tmp_path / name
    path.write_text(text)
    return [fault.reason for fault in check_file(path)[1]]


def test_a_good_lesson_has_no_fault(tmp_path: Path) -> None:
    assert check(tmp_path, GOOD) == []


@pytest.mark.parametrize(("before", "after", "reason"), FAULTS)
def test_a_fault_is_found(tmp_path: Path, before: str, after: str, reason: str) -> None:
    assert len(FAULTS) >= 30
    assert before in GOOD
    reasons = check(tmp_path, GOOD.replace(before, after, 1))
    assert any(reason in sentence for sentence in reasons), reasons


def test_the_example_of_the_manual_works(tmp_path: Path) -> None:
    page = (ROOT / "templates" / "manual" / "rooms.md").read_text()
    example = page.partition("````text\n")[2].partition("````")[0]
    assert check(tmp_path, example, "products.md") == []


def test_a_wrong_file_name_is_a_fault(tmp_path: Path) -> None:
    assert "the file's name" in check(tmp_path, GOOD, "My lesson.md")[0]


def test_the_lessons_of_the_program_work() -> None:
    for lesson in own_library().values():
        assert list(check_lesson(lesson)) == []


def test_the_command_prints_a_line_a_fault_and_fails(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text(GOOD)
    (tmp_path / "bad.md").write_text(GOOD.replace("right = 3", "right = 9"))
    run = CliRunner().invoke
    good = run(command, ["check", str(tmp_path / "good.md")])
    assert (good.exit_code, good.output) == (0, "1 lesson, 2 steps: everything works.\n")
    bad = run(command, ["check", str(tmp_path / "bad.md"), str(tmp_path / "none.md")])
    assert bad.exit_code == 1
    lines = bad.output.splitlines()
    assert lines[0].startswith(f"{tmp_path / 'bad.md'}:6: A product: “Predict three gradients.”")
    assert "none.md:1:" in lines[1]
    assert lines[-1] == "2 faults."


def test_numbers_in_texts_come_from_the_attempt() -> None:
    step = parse_lesson(GOOD, "slopes.md").steps[0]
    assert step.fill("b is {b}, and {q}.", step.start) == "b is −3, and …."
