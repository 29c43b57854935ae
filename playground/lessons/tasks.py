"""The kinds of things that a lesson asks a learner to do, by the word that a lesson file uses.

A task looks at what was done, in the lab or in the run. It can also do itself, as a learner would:
`playground lessons check` tries every step in this way.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from engine.export.expression import EXPRESSION_FORMATS
from engine.training.run import Run, advance, begin
from engine.training.settings_parser import parse_settings
from engine.value import Value
from playground.expression.commands import apply
from playground.expression.scene import Scene, scene
from playground.expression.state import Lab
from playground.lessons.attempt import Attempt, measure
from playground.messages import lessons as messages

MAX_TRIAL_STEPS = 5_000
"""How many steps a run trains before it counts as unable to reach a goal."""
TRIAL_STEPS = 100
"""Steps of training from one look at a goal to the next, when a lesson file is checked."""


class _Task(BaseModel, ABC):
    model_config = ConfigDict(frozen=True, extra="forbid")

    lab: ClassVar[str]
    """The lab in which one does this."""
    place: ClassVar[str] = ""
    """The id of the part of the page that it needs."""
    say: str = Field(min_length=1)
    """What to do, in one sentence."""

    @abstractmethod
    def is_done(self, attempt: Attempt) -> bool:
        """Return whether the learner has done it. Raises LookupError for a name that is missing."""

    @abstractmethod
    def do(self, attempt: Attempt) -> Attempt:
        """Return the attempt after a learner did it. Raises LookupError or ValueError if nobody
        can.
        """


class _InExpression(_Task):
    lab = "expression"

    def is_done(self, attempt: Attempt) -> bool:
        return attempt.scene is not None and self.is_done_in(attempt.scene)

    def do(self, attempt: Attempt) -> Attempt:
        assert attempt.lab is not None
        return replace(attempt, lab=self.do_in(attempt.lab))

    @abstractmethod
    def is_done_in(self, scene: Scene) -> bool:
        """Return whether it is done in what the lab shows."""

    @abstractmethod
    def do_in(self, lab: Lab) -> Lab:
        """Return the lab after it was done."""


class Nudge(_InExpression):
    """Nudge a leaf by 10 to the power `h`, or by less."""

    kind: Literal["nudge"]
    place = "alone-panel"
    leaf: str
    h: int = Field(ge=-12, le=0)

    def is_done_in(self, scene: Scene) -> bool:
        return scene.lab.leaf == self.leaf and scene.lab.h <= self.h

    def do_in(self, lab: Lab) -> Lab:
        _require_leaf(lab, self.leaf)
        return apply(lab, "choose", {"leaf": self.leaf, "h": str(self.h)})


class Walk(_InExpression):
    """Walk to the start, to the end of the forward pass, or to the end of the walk."""

    kind: Literal["walk"]
    place = "graph-panel"
    to: Literal["start", "forward", "end"]

    def is_done_in(self, scene: Scene) -> bool:
        if self.to == "start":
            return scene.step_index == 0
        last = scene.walk.forward if self.to == "forward" else len(scene.walk.steps)
        return scene.step_index >= last

    def do_in(self, lab: Lab) -> Lab:
        if self.to == "start":
            return apply(lab, "first", {})
        while not self.is_done_in(scene(lab)):
            lab = apply(lab, "forward", {})
        return lab


class Predict(_InExpression):
    """Predict so many gradients correctly."""

    kind: Literal["predict"]
    place = "sentence-panel"
    right: int = Field(ge=1)

    def is_done_in(self, scene: Scene) -> bool:
        return scene.lab.right >= self.right

    def do_in(self, lab: Lab) -> Lab:
        if not lab.predict:
            lab = apply(lab, "predict", {})
        while lab.right < self.right:
            step = scene(lab).question_step
            if step is not None:
                lab = apply(lab, "answer", {"answer": repr(step.after)})
            elif lab.step is None:
                raise LookupError(messages.FEW_GRADIENTS.format(right=lab.right))
            else:
                lab = apply(lab, "forward", {})
        return lab


class Descend(_InExpression):
    """Take gradient steps, with or without zero_grad(); the output `falls` or `rises`."""

    kind: Literal["descend"]
    place = "alone-panel"
    steps: int = Field(ge=1, le=100)
    forget: bool = False
    output: Literal["", "falls", "rises"] = ""

    def is_done_in(self, scene: Scene) -> bool:
        trail, lab = scene.graph.trail, scene.lab
        is_kept = all(move.endswith("f") for move in lab.moves)
        if trail.steps < self.steps or (self.forget and not (lab.forgotten and is_kept)):
            return False
        start, end = trail.outputs[0], trail.outputs[-1]
        return {"": True, "falls": end < start, "rises": end > start}[self.output]

    def do_in(self, lab: Lab) -> Lab:
        if self.forget and not lab.forgotten:
            lab = apply(lab, "forget", {})
        return apply(lab, "descend", {"count": str(self.steps), "rate": str(lab.rate)})


class Open(_InExpression):
    """Take an operation apart."""

    kind: Literal["open"]
    place = "nodes-panel"
    node: str

    def is_done_in(self, scene: Scene) -> bool:
        return self.node in scene.lab.opened

    def do_in(self, lab: Lab) -> Lab:
        node = scene(lab).find(self.node)
        if node is None or node.op is None or node.op.expansion is None:
            raise LookupError(messages.CANNOT_OPEN.format(name=self.node))
        return apply(lab, "open", {"node": self.node})


class Show(_InExpression):
    """Show the expression in a format of Export."""

    kind: Literal["show"]
    place = "leave-panel"
    format: Literal[tuple(EXPRESSION_FORMATS)]  # type: ignore[valid-type]

    def is_done_in(self, scene: Scene) -> bool:
        return bool(scene.lab.format == self.format)

    def do_in(self, lab: Lab) -> Lab:
        return apply(lab, "choose", {"format": self.format})


class Call(_InExpression):
    """Call backward() so often, and walk to the end."""

    kind: Literal["call"]
    place = "sentence-panel"
    times: int = Field(ge=2, le=3)

    def is_done_in(self, scene: Scene) -> bool:
        return scene.lab.calls >= self.times and scene.step_index == len(scene.walk.steps)

    def do_in(self, lab: Lab) -> Lab:
        return apply(lab, "call", {"calls": str(self.times)})


class Order(_InExpression):
    """Let the nodes pass on their gradients in this order."""

    kind: Literal["order"]
    place = "sentence-panel"
    nodes: tuple[str, ...] = Field(min_length=2)

    def is_done_in(self, scene: Scene) -> bool:
        return scene.lab.ordering and scene.lab.order == self.nodes

    def do_in(self, lab: Lab) -> Lab:
        lab = apply(lab, "order", {"again": "1"})
        for node in self.nodes:
            lab = apply(lab, "pass_on", {"node": node})
        return lab


class Change(_InExpression):
    """Change a number until it is `above` or `below` a bound; `to` is a number that is."""

    kind: Literal["change"]
    place = "leaves-panel"
    leaf: str
    above: float = float("-inf")
    below: float = float("inf")
    to: float

    def is_done_in(self, scene: Scene) -> bool:
        leaf = scene.find(self.leaf)
        return leaf is not None and self.above < leaf.data < self.below

    def do_in(self, lab: Lab) -> Lab:
        _require_leaf(lab, self.leaf)
        return apply(lab, "touch", {"leaf": self.leaf, f"number-{self.leaf}": repr(self.to)})


class _InNetwork(_Task):
    lab = "network"


class Train(_InNetwork):
    """Train for so many steps."""

    kind: Literal["train"]
    place = "buttons"
    steps: int = Field(ge=1, le=MAX_TRIAL_STEPS)

    def is_done(self, attempt: Attempt) -> bool:
        return attempt.run is not None and attempt.run.step >= self.steps

    def do(self, attempt: Attempt) -> Attempt:
        run = _run(attempt)
        return replace(attempt, run=advance(run, max(0, self.steps - run.step)))


class Reach(_InNetwork):
    """Train until a number of the run is `above` or `below` another: both are expressions."""

    kind: Literal["reach"]
    place = "buttons"
    what: str
    above: str = ""
    below: str = ""

    def is_done(self, attempt: Attempt) -> bool:
        if attempt.run is None:
            return False
        value = measure(self.what, attempt)
        is_above = not self.above or value > measure(self.above, attempt)
        return is_above and (not self.below or value < measure(self.below, attempt))

    def do(self, attempt: Attempt) -> Attempt:
        attempt = replace(attempt, run=_run(attempt))
        while not self.is_done(attempt):
            run = _run(attempt)
            if run.step >= MAX_TRIAL_STEPS or run.diverged or run.stopped:
                raise LookupError(messages.OUT_OF_REACH.format(what=self.what, steps=run.step))
            attempt = replace(attempt, run=advance(run, TRIAL_STEPS))
        return attempt


class Set(_InNetwork):
    """Choose another value for a setting, as its field has it."""

    kind: Literal["set"]
    place = "settings"
    setting: str
    to: str

    def is_done(self, attempt: Attempt) -> bool:
        settings = attempt.run.now if attempt.run else attempt.settings
        if settings is None:
            return False
        texts = settings.texts()
        if self.setting not in texts:
            raise LookupError(messages.NO_SETTING.format(name=self.setting))
        goal, _ = parse_settings(texts | {self.setting: self.to})
        return goal is not None and texts[self.setting] == goal.texts()[self.setting]

    def do(self, attempt: Attempt) -> Attempt:
        before = attempt.run.now if attempt.run else attempt.settings
        assert before is not None
        if self.setting not in before.texts():
            raise LookupError(messages.NO_SETTING.format(name=self.setting))
        settings, errors = parse_settings(before.texts() | {self.setting: self.to})
        if settings is None:
            raise ValueError(" ".join(errors.values()))
        return replace(attempt, settings=settings, run=None)


Task = Annotated[
    Nudge | Walk | Predict | Descend | Open | Show | Call | Order | Change | Train | Reach | Set,
    Field(discriminator="kind"),
]
TASKS: dict[str, type[_Task]] = {
    get_args(task.model_fields["kind"].annotation)[0]: task for task in get_args(get_args(Task)[0])
}
"""The kinds by the words that a lesson file uses."""


def _run(attempt: Attempt) -> Run:
    """Return the run of the page; if there is none, the one that its settings begin."""
    assert attempt.settings is not None
    return attempt.run or begin(attempt.settings)


def _require_leaf(lab: Lab, name: str) -> Value:
    """Return a leaf of the lab. Raises LookupError if it has none of this name."""
    leaf = next((leaf for leaf in scene(lab).leaves if leaf.label == name), None)
    if leaf is None:
        raise LookupError(messages.NO_LEAF.format(name=name))
    return leaf
