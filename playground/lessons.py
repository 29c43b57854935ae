"""Lessons: a way through the labs, moment by moment.

A moment is a state of a lab, two sentences, a question, and a check of what the learner did there:
a pure function that gives a sentence of help, or nothing where it is done. The first lesson goes
the way of the well-known lecture that built a scalar autograd engine; its numbers are DESIGN's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from engine.inspection.frames import View, frame
from engine.training.run import Run
from engine.training.settings import suggested
from playground.expression.scene import Scene, scene
from playground.expression.state import Lab
from playground.expression.stories import NEURON

PRODUCT = "a = 2\nb = -3\nc = 10\nf = -2\ne = a * b\nd = e + c\nL = d * f\n"


@dataclass(frozen=True)
class Did:
    """What a learner has done: where the lab stands, and what was answered."""

    answer: str = ""
    lab: Lab | None = None
    run: Run | None = None

    @cached_property
    def scene(self) -> Scene | None:
        """The expression lab, where it can be read."""
        try:
            return scene(self.lab) if self.lab else None
        except (ValueError, ArithmeticError):
            return None

    @property
    def numbers(self) -> list[float]:
        """The numbers of the answer."""
        typed = self.answer.replace("\N{MINUS SIGN}", "-")
        return [float(each) for each in re.findall(r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?", typed)]


Check = Callable[[Did], str]
"""What still is to be done, in a sentence; empty where it is done."""


@dataclass(frozen=True)
class Moment:
    """`where` is the address of its lab without the host; `fields` says how many numbers are
    typed, or `choices` what is chosen from; without either the question is what is to be done.
    """

    title: str
    where: str
    says: str
    asks: str
    check: Check
    right: str
    shown: str
    choices: tuple[str, ...] = ()
    typed: bool = True


@dataclass(frozen=True)
class Lesson:
    """A title and its moments in order."""

    slug: str
    title: str
    about: str
    moments: tuple[Moment, ...]


def expression(code: str, covered: bool = False, at: str = "end", **state: object) -> str:
    """The expression lab's address, at the start, the middle or the end of the walk; `covered`
    gradients are not shown.
    """
    lab = Lab(code=code, predict=covered, **state)
    forward = scene(lab).walk.forward
    place = {"start": 0, "middle": forward, "end": None}[at]
    return f"expression?{lab.but(step=place).query()}"


def network(dataset: str, **settings: str) -> str:
    """The network lab's address, with what suits the dataset."""
    return f"network?{urlencode(suggested(dataset, {}) | settings, safe=',')}"


def answered(*wanted: float, within: float = 0.01, hint: str) -> Check:
    """These numbers were typed, each within a share of it."""

    def check(did: Did) -> str:
        given = did.numbers
        if len(given) != len(wanted):
            count = "a number" if len(wanted) == 1 else f"{len(wanted)} numbers"
            return f"Type {count}. {hint}"
        right = all(
            abs(number - want) <= within * max(abs(want), 0.1)
            for number, want in zip(given, wanted, strict=True)
        )
        return "" if right else hint

    return check


def seen(done: Callable[[Scene], bool], hint: str) -> Check:
    """The expression lab stands as it is wanted."""
    return lambda did: "" if did.scene and done(did.scene) else hint


def trained(done: Callable[[Run], bool], hint: str) -> Check:
    """The run that the page shows has come so far."""
    return lambda did: "" if did.run and done(did.run) else hint


def chosen(right: str, hint: str) -> Check:
    """The right one of the choices was chosen."""
    return lambda did: "" if did.answer == right else hint


def all_of(*checks: Check) -> Check:
    """The first thing that is still to be done."""
    return lambda did: next((told for each in checks if (told := each(did))), "")


def _first_loss(did: Did) -> str:
    if did.run is None or did.run.step < 1:
        return "Press Step first: the loss is then drawn from step 0 on."
    return answered(
        float(did.run.curve.train[0]), within=0.02,
        hint="Read it from the loss curve at step 0, or press Reset and read Loss.",
    )(did)  # fmt: skip


def _rises(did: Did) -> str:
    shown = did.scene
    if shown is None or not shown.lab.forgotten or len(shown.graph.trail.outputs) < 6:
        return "Press Forget zero_grad(), then One step down at least five times."
    losses = shown.graph.trail.outputs
    turn = next((i for i in range(1, len(losses)) if losses[i] > losses[i - 1]), 0)
    if not turn:
        return "Go on stepping down until the loss rises."
    return answered(
        turn, hint="Count the points of the curve after each gradient step: which is the first "
        "that is higher than the one before? The start is step 0.",
    )(did)  # fmt: skip


WHOLE = "A share that came later would be missing below"

LECTURE = Lesson(
    "lecture",
    "From a nudge to a network",
    "Seventeen moments, in which backpropagation is found, done by hand, and left to the machine.",
    (
        Moment(
            "A derivative by nudging",
            expression("x = 3\ny = 3*x**2 - 4*x + 5\n", covered=True, at="middle", leaf="x", h=0),
            "A derivative says how much y changes for a tiny change of x. Nudge x by h, and divide "
            "the change of y by h.",
            "Make h ever smaller. At what slope does it settle at x = 3?",
            all_of(
                seen(lambda s: s.lab.h <= -4, "Choose a smaller h first, 0.0001 or less."),
                answered(14.0, hint="Read Δ/h below the graph as h gets small."),
            ),
            "Right: 6x − 4 is 14 at x = 3, and the nudge found it without the formula.",
            "Choose h = 0.0001 under “Explore one or two numbers”: Δ/h is about 14.",
        ),
        Moment(
            "Nudging each input",
            expression("a = 2\nb = -3\nc = 10\nd = a*b + c\n", covered=True, at="middle", leaf="a"),
            "With several inputs each has a slope of its own, while the others stand still. "
            "Choose a, then b, then c under “Explore one or two numbers”.",
            "What are the slopes of d by a, b and c? Type three numbers.",
            answered(-3.0, 2.0, 1.0, hint="Of a product the slope by one factor is the other; of "
                     "a sum it is 1. Nudge each and see."),
            "Right: b, a and 1. What multiplies a is its slope.",
            "By a it is b = −3, by b it is a = 2, by c it is 1.",
        ),
        Moment(
            "The graph of L",
            expression(PRODUCT, at="start"),
            "An expression is a graph: every operation makes a new value from its operands. "
            "Going forward computes data from left to right.",
            "Walk forward to the end of the forward pass. What is L?",
            all_of(
                seen(lambda s: s.place >= s.walk.forward, "Step forward until L has its data."),
                answered(-8.0, hint="Read data in the box of L."),
            ),
            "Right: (2 · −3 + 10) · −2 = −8.",
            "Press → until L has data: −8.",
        ),
        Moment(
            "Gradients by hand",
            expression(PRODUCT, covered=True, at="middle"),
            "Backward, each value learns how L changes with it: the gradient behind it times the "
            "local derivative. Step forward into the backward pass and predict each.",
            "Predict the gradients, at least five of them rightly.",
            seen(lambda s: s.lab.right >= 5, "Step on, type what you expect, and press Check; "
                 "five must be right. First begins again."),
            "Right: you did the chain rule by hand.",
            "L.grad is 1, then f.grad = d = 4, d.grad = f = −2, e.grad = c.grad = −2, "
            "a.grad = −2 · b = 6, b.grad = −2 · a = −4.",
            typed=False,
        ),
        Moment(
            "One step that lowers L",
            expression(PRODUCT, leaf="a", rate=0.01),
            "A gradient points uphill: moving each input a little against its own lowers L. "
            "That is all that training does.",
            "Take one gradient step down. What is L now?",
            all_of(
                seen(lambda s: bool(s.lab.moves), "Press One step down below the graph."),
                seen(lambda s: s.nodes[-1].data < -8.0, "L is not lower: go down, not up."),
                lambda did: answered(
                    did.scene.nodes[-1].data if did.scene else 0.0, within=0.005,
                    hint="Read data in the box of L, to three digits.",
                )(did),
            ),
            "Right, and lower than −8: every input moved by −0.01 times its gradient.",
            "Press One step down with rate 0.01 and read data in the box of L.",
        ),
        Moment(
            "The tanh neuron",
            expression(NEURON, at="start"),
            "A neuron multiplies each input by a weight, adds a bias, and squashes the sum. "
            "tanh keeps it between −1 and 1.",
            "Walk forward. What does the neuron answer?",
            all_of(
                seen(lambda s: s.place >= s.walk.forward, "Step forward until o has its data."),
                answered(0.70711, within=0.002, hint="Read data in the box of o."),
            ),
            "Right: tanh(0.8814) = 0.7071.",
            "Press → until o has data: 0.7071.",
        ),
        Moment(
            "Its backward pass by hand",
            expression(NEURON, covered=True, at="middle"),
            "The slope of tanh is 1 − o², so half of what arrives at o goes on to n. "
            "A sum passes its gradient on unchanged, a product times the other factor.",
            "Predict the gradients, at least six of them rightly.",
            seen(lambda s: s.lab.right >= 6, "Six must be right. 1 − 0.7071² = 0.5 comes through "
                 "tanh; then sums and products. First begins again."),
            "Right: 0.5 everywhere in the sum, then x1 −1.5, w1 1, x2 0.5, w2 0.",
            "o.grad 1, n.grad 0.5, the sums and b 0.5, then x1 −1.5, w1 1, x2 0.5, w2 0.",
            typed=False,
        ),
        Moment(
            "The same by backward()",
            expression(NEURON, at="start"),
            "backward() does these steps for you, from the output to the inputs. "
            "Press Last and compare.",
            "What is w2.grad, and what makes it so? Type the gradient.",
            all_of(
                seen(lambda s: s.place == len(s.walk.steps), "Go to the end of the walk: Last."),
                answered(0.0, within=0.0, hint="Read grad in the box of w2; its factor is x2."),
            ),
            "Right: x2 is 0, so w2 has no influence on o, for now.",
            "w2.grad = x2 · 0.5 = 0.",
        ),
        Moment(
            "Order matters",
            expression("a = -2\nb = 3\nd = a * b\ne = a + b\nf = d * e\n", at="middle"),
            "backward() goes from the output down, each node only after all that use it. "
            "Walk to the end and watch when a and b get theirs.",
            "Why may d and e not pass their gradients on earlier?",
            all_of(
                seen(lambda s: s.place == len(s.walk.steps), "Walk to the end first."),
                chosen(WHOLE, "Think of a node that two others use: what would it pass on after "
                       "only the first of them has given its share?"),
            ),
            "Right: that is why nodes are sorted topologically.",
            f"{WHOLE}: a node passes on what it has.",
            choices=(
                "They were written later",
                WHOLE,
                "It would make no difference",
            ),
        ),
        Moment(
            "A value used twice",
            expression("a = 3\nb = a + a\n", covered=True, at="middle"),
            "Here a reaches b in two ways, and each way has a slope of 1. "
            "A gradient that is set instead of added would lose one.",
            "What is a.grad after backward()?",
            answered(2.0, hint="Both ways count: add what comes along each."),
            "Right: 1 + 1. Gradients are added where a value is used more than once.",
            "Along each way 1 arrives: a.grad = 1 + 1 = 2.",
        ),
        Moment(
            "tanh taken apart",
            expression(NEURON),
            "An operation can be as large as one likes, if its local derivative is known. "
            "tanh is (exp(2n) − 1) / (exp(2n) + 1): choose o in the table and take it apart.",
            "Take tanh apart. What is x1.grad now?",
            all_of(
                seen(lambda s: "o" in s.lab.opened, "Take o apart: the button stands with o in "
                     "the table of nodes."),
                answered(-1.5, hint="Read grad in the box of x1."),
            ),
            "Right, the same as before: only the size of the steps changed.",
            "x1.grad is −1.5 as before.",
        ),
        Moment(
            "The same in PyTorch",
            expression(NEURON),
            "PyTorch keeps the same graph, with tensors in place of single numbers. "
            "Under “Export” stands this neuron as PyTorch writes it.",
            "Show it as PyTorch. What will w1.grad.item() give?",
            all_of(
                seen(lambda s: s.lab.format == "pytorch",
                     "Choose PyTorch under “Export”."),
                answered(1.0, hint="It is what w1.grad is here."),
            ),
            "Right: the same chain rule, the same numbers.",
            "w1.grad is x1 · 0.5 = 1.",
        ),
        Moment(
            "Neuron, layer, network",
            network("points"),
            "A layer is several neurons that read the same inputs; a network is layers one after "
            "another. Each neuron has a weight an input, and a bias.",
            "Give the second hidden layer a fifth neuron. How many parameters are there then?",
            answered(47.0, within=0.0, hint="Press + at the second layer in the picture; the "
                     "number stands above it. (3+1)·4 + (4+1)·5 + (5+1)·1."),
            "Right: 16 + 25 + 6.",
            "(3+1)·4 + (4+1)·5 + (5+1)·1 = 47.",
        ),
        Moment(
            "Four points and a loss",
            network("points"),
            "Four samples of three numbers, and what the network should say to each. "
            "The loss is one number for how far off it is.",
            "Take a step. What was the training loss before it, at step 0?",
            _first_loss,
            "Right. From here on the only aim is to make that number small.",
            "Press Reset and read Loss, or point at the curve's first point.",
        ),
        Moment(
            "Descending by hand",
            network("points"),
            "One step is: forward, backward, and every parameter a little against its gradient. "
            "Press Step and see the bars move to their targets.",
            "Take at least twenty steps, so that the loss is below a half of what it was.",
            all_of(
                trained(lambda r: r.step >= 20, "Go on: twenty steps at least."),
                trained(lambda r: bool(r.curve.train[-1] < 0.5 * r.curve.train[0]),
                        "Go on until the loss is below a half of its beginning."),
            ),
            "Right: you trained a neural network by hand.",
            "Press Step, or hold the → key, until step 20 and beyond.",
            typed=False,
        ),
        Moment(
            "The forgotten zero_grad",
            expression("x = 2\nt = 1\nw = 2\nloss = (w*x - t)**2\n", inputs=("x", "t"), leaf="w",
                       rate=0.05),
            "backward() adds to the gradients that are there, so they must be set to zero before "
            "it. Who forgets it takes ever longer steps.",
            "Forget zero_grad() and step down. At which step does the loss first rise?",
            _rises,
            "Right: the old gradients still push, and the loss is driven past its minimum.",
            "Press Forget zero_grad(), then One step down some times, and read the curve.",
        ),
        Moment(
            "Two moons",
            network("moons"),
            "Two classes that no straight line divides, and a network of two hidden layers. "
            "Press Play and watch the boundary bend.",
            "Train until at least 97 % of the training points are on the right side.",
            trained(lambda r: frame(r, View()).accuracy[0] >= 0.97,
                    "Let it play on; as fast as it goes is faster."),
            "Right. Everything that you saw is the chain rule, a few hundred times.",
            "Press Play and wait until Accuracy is 97 % or more.",
            typed=False,
        ),
    ),
)  # fmt: skip

LESSONS: dict[str, Lesson] = {LECTURE.slug: LECTURE}
