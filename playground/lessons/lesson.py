"""What a lesson consists of, and the addresses of the labs that its steps open."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from engine.training.settings_parser import suggest_settings
from playground.expression.scene import scene
from playground.expression.state import Lab
from playground.lessons.checks import Check


@dataclass(frozen=True)
class LessonStep:
    """One step: a lab, a text, a task, and a check of what the learner did there."""

    title: str
    address: str
    """The address of the lab, without the host."""
    text: str
    task: str
    check: Check
    praise: str
    """What the page says when the task is done."""
    solution: str
    choices: tuple[str, ...] = ()
    """The answers to choose from. Without choices the learner types an answer."""
    has_answer: bool = True
    """Whether the learner gives an answer, or only does something in the lab."""


@dataclass(frozen=True)
class Lesson:
    """A title and the steps in order. `slug` stands for the lesson in addresses."""

    slug: str
    title: str
    about: str
    steps: tuple[LessonStep, ...]


def expression_lab(code: str, covered: bool = False, at: str = "end", **state: object) -> str:
    """Return the address of the expression lab at the `start`, in the `middle` (after the forward
    pass) or at the `end` of the walk. If `covered`, the gradients are hidden.
    """
    lab = Lab(code=code, predict=covered, **state)
    step = {"start": 0, "middle": scene(lab).walk.forward, "end": None}[at]
    return f"expression?{lab.with_(step=step).query()}"


def network_lab(dataset: str, **settings: str) -> str:
    """Return the address of the network lab, with the settings that suit the dataset."""
    return f"network?{urlencode(suggest_settings(dataset, {}) | settings, safe=',')}"
