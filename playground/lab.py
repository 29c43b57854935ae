"""The expression lab as one plain value, the commands that change it, and what it shows.

A `Lab` is everything that a person has typed and chosen. The address carries it, a command makes a
new one of it, and `scene` computes all that the page shows of it. Nothing else is remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, log10
from urllib.parse import parse_qsl, urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from engine.expression import Expression, label, parse
from engine.notation import plain
from engine.sentences import Sentence, sentence
from engine.value import Value
from engine.walk import Step, Walk, walk

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
    speed: str = Field("calm", description="How fast the walk plays.")
    playing: bool = Field(False, description="The walk goes on by itself.")

    @field_validator("inputs", mode="before")
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
    leaves = [node for node in nodes if node.op is None]
    named = [leaf for leaf in leaves if leaf.label] or leaves
    wanted = [leaf for leaf in named if leaf.label not in lab.inputs]
    walked = walk(nodes, wanted, lab.calls)
    place = len(walked.steps) if lab.step is None else min(lab.step, len(walked.steps))
    return Scene(lab, expression, nodes, walked, place, sentence(walked, place))


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
    written = lab.model_copy(update={"code": text, "playing": False})
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
    typed = form.get(f"number-{leaf}", "").strip().replace("\N{MINUS SIGN}", "-")
    try:
        value = float(typed)
    except ValueError:
        raise ValueError(f"{leaf} needs a number, such as 2, -0.5 or 1e-3.") from None
    expression = parse(lab.code)
    if leaf not in expression.places:
        raise ValueError(f"{leaf} is not a number in this text.")
    start, end = expression.places[leaf]
    text = lab.code[:start] + plain(value) + lab.code[end:]
    touched = lab.model_copy(update={"code": text})
    scene(touched)
    return touched


def mark(lab: Lab, form: Mapping[str, str]) -> Lab:
    """Make a leaf an input, of which no gradient is wanted, or a parameter again."""
    leaf = form.get("leaf", "")
    others = tuple(each for each in lab.inputs if each != leaf)
    inputs = others if leaf in lab.inputs else (*others, leaf)
    return lab.model_copy(update={"inputs": inputs, "step": None, "playing": False})


def call(lab: Lab, form: Mapping[str, str]) -> Lab:
    """How often backward() is called."""
    update = {"calls": form.get("calls", "1"), "step": None, "playing": False}
    return Lab.read(lab.model_dump() | update)[0]


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
}
"""Everything that a person can do to a lab, by name."""
