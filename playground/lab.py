"""The expression lab as one plain value, the commands that change it, and what it shows.

A `Lab` is everything that a person has typed and chosen. The address carries it, a command makes a
new one of it, and `scene` computes all that the page shows of it. Nothing else is remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, log10
from urllib.parse import parse_qsl, urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from engine.apart import take_apart
from engine.expression import Expression, label, parse
from engine.notation import number, plain
from engine.sentences import Sentence, sentence
from engine.value import Value
from engine.walk import Pass, Step, Walk, walk

SPEEDS: dict[str, tuple[str, int]] = {
    "slow": ("a step in 3 s", 3000),
    "calm": ("a step in 1.5 s", 1500),
    "quick": ("2 steps a second", 500),
    "fast": ("5 steps a second", 200),
}
"""How fast the walk plays: the words, and the milliseconds between two steps."""


class Lab(BaseModel):
    """The state of the expression lab."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str = ""
    step: int | None = Field(None, ge=0, description="Place in the walk; the end without it.")
    inputs: tuple[str, ...] = Field((), description="Leaves of which no gradient is wanted.")
    calls: int = Field(1, ge=1, le=3, description="How often backward() is called.")
    opened: tuple[str, ...] = Field((), description="Operations that are taken apart.")
    leaf: str = Field("", description="The leaf that is looked at alone.")
    h: int = Field(-3, ge=-12, le=0, description="The nudge of that leaf, as a power of ten.")
    predict: bool = Field(False, description="Gradients are covered until they are predicted.")
    answers: tuple[str, ...] = Field((), description="Predictions: place in the walk ~ number.")
    right: int = Field(0, ge=0, description="Predictions that were right.")
    asked: int = Field(0, ge=0, description="Predictions that were made.")
    speed: str = Field("calm", description="How fast the walk plays.")
    playing: bool = Field(False, description="The walk goes on by itself.")

    @field_validator("inputs", "opened", "answers", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(filter(None, value.split(","))) if isinstance(value, str) else value

    @field_validator("speed")
    @classmethod
    def _offered(cls, value: str) -> str:
        if value not in SPEEDS:
            raise ValueError(f"choose one of {', '.join(SPEEDS)}")
        return value

    def query(self, *left_out: str) -> str:
        """The state as a URL's query: what differs from the default, the code always."""
        pairs = {"code": self.code}
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if name != "code" and name not in left_out and value != field.default:
                pairs[name] = ",".join(value) if isinstance(value, tuple) else str(value)
        return urlencode(pairs)

    @classmethod
    def read(cls, given: Mapping[str, str]) -> tuple[Lab, str]:
        """The state that a query's fields give, and what is wrong with them in words.

        A field that is wrong has its default.
        """
        try:
            return cls.model_validate(dict(given)), ""
        except ValidationError as error:
            wrong = {str(each["loc"][0]) for each in error.errors()}
            kept = {name: value for name, value in given.items() if name not in wrong}
            said = ", ".join(f"{name}={given[name][:40]}" for name in sorted(wrong))
            return cls.model_validate(kept), f"This address has {said}, which is not understood."


def read_query(query: str) -> Lab:
    """The state that `Lab.query` wrote."""
    return Lab.read(dict(parse_qsl(query, keep_blank_values=True)))[0]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a lab shows: the graph, the walk over it, and the place in the walk."""

    lab: Lab
    expression: Expression
    nodes: list[Value]
    walk: Walk
    place: int
    sentence: Sentence
    apart: str
    """What is to be said of operations that are taken apart."""

    @property
    def step(self) -> Step | None:
        """The step that is shown, None before the first."""
        return self.walk.steps[self.place - 1] if self.place else None

    @property
    def leaves(self) -> list[Value]:
        """The named numbers of the graph, in the order of the text."""
        nodes = set(self.nodes)
        places = self.expression.places
        named = (self.expression.names[name] for name in sorted(places, key=places.__getitem__))
        return [leaf for leaf in named if leaf in nodes]

    @property
    def uncovered(self) -> dict[int, str]:
        """The places of the walk whose gradients were predicted, and what was said there."""
        pairs = (answer.partition("~") for answer in self.lab.answers)
        return {int(place): typed for place, _, typed in pairs if place.isdecimal()}

    @property
    def grads(self) -> dict[Value, float]:
        """The gradients that are shown at this place, without those that are to be predicted."""
        grads = self.walk.grads(self.place)
        if not self.lab.predict:
            return grads
        open_places = self.uncovered
        return {
            node: grad
            for node, grad in grads.items()
            if (last := self.walk.last_to(node, self.place)) is None or last in open_places
        }

    @property
    def asks(self) -> Step | None:
        """The step whose gradient is to be predicted now, None where there is none."""
        step = self.step
        if not self.lab.predict or step is None or step.direction is Pass.FORWARD:
            return None
        return None if self.place in self.uncovered else step

    def is_input(self, node: Value) -> bool:
        """Whether no gradient is wanted of this leaf."""
        return node.label in self.lab.inputs


@lru_cache(maxsize=32)
def scene(lab: Lab) -> Scene:
    """Everything that is shown of a lab's state; to be read, not changed, for it is kept.

    Raises ExpressionError where the text cannot be read, DomainError where a derivative is not
    finite.
    """
    expression = parse(lab.code)
    nodes = expression.nodes()
    label(nodes)
    before = len(nodes), _gradients(nodes) if lab.opened else {}
    nodes = take_apart(expression.output, lab.opened)
    leaves = [node for node in nodes if node.op is None]
    named = [leaf for leaf in leaves if leaf.label] or leaves
    wanted = [leaf for leaf in named if leaf.label not in lab.inputs]
    walked = walk(nodes, wanted, lab.calls)
    place = len(walked.steps) if lab.step is None else min(lab.step, len(walked.steps))
    apart = _apart(before[1], nodes) if len(nodes) != before[0] else ""
    return Scene(lab, expression, nodes, walked, place, sentence(walked, place), apart)


def _gradients(nodes: Sequence[Value]) -> dict[str, float]:
    """The gradients by label, as `backward()` gives them."""
    for node in nodes:
        node.grad = 0.0
    nodes[-1].backward()
    return {node.label: node.grad for node in nodes if node.label}


def _apart(before: Mapping[str, float], nodes: Sequence[Value]) -> str:
    """What taking apart has done to the gradients of everything that was there before."""
    after = _gradients(nodes)
    off = max(abs(after[name] - grad) / max(1.0, abs(grad)) for name, grad in before.items())
    new = len(after) - len(before)
    return (
        f"Taken apart: {new} new node{'s' if new > 1 else ''}. The gradients of the other "
        f"{len(before)} are the same" + (f" to within {number(off, 1)}." if off else ".")
    )


def reach(value: float) -> float:
    """How far a number's slider goes to either side: 10, or the next power of ten above it."""
    return max(10.0, 10.0 ** ceil(log10(abs(value)))) if value else 10.0


Command = Callable[[Lab, Mapping[str, str]], Lab]


def apply(lab: Lab, command: str, form: Mapping[str, str]) -> Lab:
    """The state after a command. Raises KeyError for one that there is not, ValueError (which an
    ExpressionError is) for what it cannot do.
    """
    return COMMANDS[command](lab, form)


def write(lab: Lab, form: Mapping[str, str]) -> Lab:
    """Another text. The walk stands at its end again where the graph has changed."""
    text = form.get("text", lab.code).replace("\r\n", "\n").replace("\r", "\n")
    if text == lab.code:
        return lab
    written = lab.model_copy(update={"code": text, "playing": False, "answers": ()})
    after = scene(written)
    try:
        before = scene(lab)
    except (ValueError, ArithmeticError):
        same = False
    else:
        same = [(n.label, n.op) for n in before.nodes] == [(n.label, n.op) for n in after.nodes]
    return written if same else written.model_copy(update={"step": None})


def _goes(to: Callable[[Scene], int]) -> Command:
    def go(lab: Lab, form: Mapping[str, str]) -> Lab:
        shown = scene(lab)
        return _at(lab, max(0, min(to(shown), len(shown.walk.steps))), len(shown.walk.steps))

    return go


def _at(lab: Lab, place: int, last: int) -> Lab:
    at_end = place == last
    playing = lab.playing and not at_end
    return lab.model_copy(update={"step": None if at_end else place, "playing": playing})


def seek(lab: Lab, form: Mapping[str, str]) -> Lab:
    """To a place of the walk."""
    place = int(form["step"]) if form.get("step", "").isdecimal() else 0
    return _goes(lambda shown: place)(lab, form)


def play(lab: Lab, form: Mapping[str, str]) -> Lab:
    """Let the walk go on by itself; from its end it begins again."""
    shown = scene(lab)
    begin = 0 if shown.place == len(shown.walk.steps) else shown.place
    return lab.model_copy(update={"step": begin, "playing": bool(shown.walk.steps)})


def tick(lab: Lab, form: Mapping[str, str]) -> Lab:
    """A step of playing, unless something else came first."""
    if not lab.playing or form.get("from") != str(scene(lab).place):
        return lab
    return COMMANDS["forward"](lab, form)


def pause(lab: Lab, form: Mapping[str, str]) -> Lab:
    """Stop the walk where it is."""
    return lab.model_copy(update={"playing": False})


def pace(lab: Lab, form: Mapping[str, str]) -> Lab:
    """How fast the walk plays."""
    return Lab.read(lab.model_dump() | {"speed": form.get("speed", "")})[0]


def touch(lab: Lab, form: Mapping[str, str]) -> Lab:
    """Another number for a leaf: it is rewritten in the text, and the walk stays where it is.

    Raises ValueError where it is no number or the expression is not defined for it.
    """
    leaf = form.get("leaf", "")
    value = _number(form.get(f"number-{leaf}", ""), leaf)
    expression = parse(lab.code)
    if leaf not in expression.places:
        raise ValueError(f"{leaf} is not a number in this text.")
    start, end = expression.places[leaf]
    text = lab.code[:start] + plain(value) + lab.code[end:]
    touched = lab.model_copy(update={"code": text, "answers": ()})
    scene(touched)
    return touched


def _changed(lab: Lab, **update: object) -> Lab:
    """The lab with another graph or another walk, seen from its end."""
    return lab.model_copy(update={"step": None, "playing": False, "answers": ()} | update)


def mark(lab: Lab, form: Mapping[str, str]) -> Lab:
    """Make a leaf an input, of which no gradient is wanted, or a parameter again."""
    leaf = form.get("leaf", "")
    others = tuple(each for each in lab.inputs if each != leaf)
    inputs = others if leaf in lab.inputs else (*others, leaf)
    return _changed(lab, inputs=inputs)


def call(lab: Lab, form: Mapping[str, str]) -> Lab:
    """How often backward() is called."""
    return _changed(Lab.read(lab.model_dump() | {"calls": form.get("calls", "1")})[0])


def open_up(lab: Lab, form: Mapping[str, str]) -> Lab:
    """Take an operation apart. Raises ValueError where it cannot be at these numbers."""
    opened = _changed(lab, opened=(*lab.opened, form.get("node", "")))
    scene(opened)
    return opened


def close(lab: Lab, form: Mapping[str, str]) -> Lab:
    """Put an operation together again, and all that it was taken apart into."""
    node = form.get("node", "")
    kept = (each for each in lab.opened if each != node and not each.startswith(f"{node}."))
    return _changed(lab, opened=tuple(kept))


def choose(lab: Lab, form: Mapping[str, str]) -> Lab:
    """The leaf that is looked at alone, and its nudge."""
    chosen = {name: form[name] for name in ("leaf", "h") if name in form}
    return Lab.read(lab.model_dump() | chosen)[0]


def predict(lab: Lab, form: Mapping[str, str]) -> Lab:
    """Cover the gradients and begin the backward walk, or uncover them all."""
    if lab.predict:
        return lab.model_copy(update={"predict": False, "answers": ()})
    forward = scene(lab).walk.forward
    update = {"predict": True, "right": 0, "asked": 0, "step": forward, "answers": ()}
    return lab.model_copy(update=update | {"playing": False})


def answer(lab: Lab, form: Mapping[str, str]) -> Lab:
    """A prediction of the gradient that is asked for. Raises ValueError where it is no number."""
    shown = scene(lab)
    step = shown.asks
    if step is None:
        return lab
    value = _number(form.get("answer", ""), "Your prediction")
    return lab.model_copy(
        update={
            "answers": (*lab.answers, f"{shown.place}~{plain(value)}"),
            "right": lab.right + is_right(value, step),
            "asked": lab.asked + 1,
        }
    )


def reveal(lab: Lab, form: Mapping[str, str]) -> Lab:
    """Show the gradient that is asked for; it does not count."""
    place = scene(lab).place
    return lab.model_copy(update={"answers": (*lab.answers, f"{place}~")})


def is_right(value: float, step: Step) -> bool:
    """Whether a prediction is a step's gradient, to a hundredth of it."""
    return abs(value - step.after) <= 0.01 * abs(step.after) + 1e-12


def _number(typed: str, what: str) -> float:
    try:
        return float(typed.strip().replace("\N{MINUS SIGN}", "-"))
    except ValueError:
        raise ValueError(f"{what} needs a number, such as 2, -0.5 or 1e-3.") from None


COMMANDS: dict[str, Command] = {
    "write": write,
    "first": _goes(lambda shown: 0),
    "back": _goes(lambda shown: shown.place - 1),
    "forward": _goes(lambda shown: shown.place + 1),
    "last": _goes(lambda shown: len(shown.walk.steps)),
    "seek": seek,
    "play": play,
    "tick": tick,
    "pause": pause,
    "pace": pace,
    "touch": touch,
    "mark": mark,
    "call": call,
    "open": open_up,
    "close": close,
    "choose": choose,
    "predict": predict,
    "answer": answer,
    "reveal": reveal,
}
"""Everything that a person can do to a lab, by name."""
