"""What fields are filled with: by name what would be right, and anything else that is text.

Hypothesis makes the values, some hundreds of a kind once; from then on they are sampled with a
seeded generator, which is fast enough for a million requests.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from engine.export.expression import EXPRESSION_FORMATS
from engine.export.network import NETWORK_FORMATS
from engine.training.commands import CHANGEABLE
from engine.training.settings import DECLARATIONS, OWN
from playground.expression.commands import COMMANDS
from playground.expression.state import SPEEDS as WALK_SPEEDS
from playground.expression.state import Lab
from playground.expression.stories import PRESETS
from playground.labs.embedded_panels import EXPRESSION_PANELS, NETWORK_PANELS
from playground.lessons.library import own_library
from playground.network import form
from playground.pages.theme import THEMES
from playground.panels import PANELS
from playground.runner.scheduling.pace import SPEEDS
from tests.fuzz import INPUTS, NUMBERS, programs

ODD = (
    "", " ", "0", "-0", "-1", "1e400", "-1e308", "nan", "inf", "−1", "1,5", "1_0", "0x10", "²", "٣",
    "9" * 20, "9" * 4400, "1e" + "9" * 40, "null", "true", "[]", "{}", "\0", "a\0b", "\ud800",
    "\r\nX: y", "../../etc/passwd", "%", "%00", "%zz", "{{7*7}}", "<script>", "'", '"', "--", "~",
    "~" + "0" * 32, "*", ",", ",,,", "x" * 3000, "🙂" * 40, "\u202e", "ß" * 90, "constructor",
)  # fmt: skip
"""Texts on which programs have stumbled."""
WILD = st.one_of(
    st.sampled_from(ODD),
    st.text(max_size=60),
    st.integers().map(str),
    st.floats().map(repr),
    st.binary(max_size=60).map(lambda data: data.decode("latin-1")),
)
FILES = ("js/app.js", "css/base.css", "icon.svg", "vendor/htmx.js", "vendor/plotly.js")
CURRENT = (
    "http://127.0.0.1/network?hidden=3&samples=20", "http://127.0.0.1/expression?code=a%3D2", "",
    "http://[", "http://[::1", "//", "?run=", "http://x/?run=%00&run=2", "\\", "http://x:99999999/",
    "http://127.0.0.1/network?hidden=99999&pin=x&opened=,,,", "a" * 3000,
)  # fmt: skip
"""What `HX-Current-URL` says."""


@st.composite
def tables(draw: st.DrawFn) -> str:
    """A person's own data as CSV, with a cell or a sign here and there that is wrong."""
    columns, rows = draw(st.sampled_from([3, 3, 3, 4, 2, 1])), draw(st.integers(1, 20))
    kind = st.sampled_from(["cat", "dog", "0", "1"]) if draw(st.booleans()) else st.floats(-9, 9)
    lines = [
        [f"{draw(st.floats(-5, 5)):.3g}" for _ in range(columns - 1)] + [str(draw(kind))]
        for _ in range(rows)
    ]
    sign = draw(st.sampled_from([",", ",", ";", "\t"]))
    text = "\n".join(sign.join(line) for line in lines)
    if draw(st.integers(0, 3)) == 0:
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(ODD)) + text[at:]
    return text


@st.composite
def weights(draw: st.DrawFn) -> str:
    """A file of weights, hardly ever one that fits."""
    number = st.floats() | st.sampled_from(["[]", "true", "null", '"a"', "1e999", "9" * 400])
    row = st.lists(number, max_size=4).map(lambda row: f"[{','.join(map(str, row))}]")
    layer = st.tuples(st.lists(row, max_size=4), row).map(
        lambda layer: (
            f'{{"weights":[{",".join(layer[0])}],"biases":{layer[1]},"activation":"tanh"}}'
        )
    )
    layers = ",".join(draw(st.lists(layer, max_size=3)))
    text = f'{{"format":"backprop-playground weights 1","layers":[{layers}]}}'
    return text[: draw(st.integers(0, len(text)))] if draw(st.integers(0, 3)) == 0 else text


def setting(name: str) -> st.SearchStrategy[str]:
    """Values of a setting within its bounds; the networks and tables stay small, mostly."""
    if name in form.CHOICES:
        return st.sampled_from([*form.CHOICES[name], *([OWN] if name == "dataset" else [])])
    if name == "hidden":
        return st.sampled_from(["3", "8,8", "2,3,4", "", "16", "1,1,1,1,1,1", "64,64"])
    if name == "features":
        return st.sampled_from(["x1,x2", "x1", "x1,x2,x1^2", ",".join(form.MARKS)])
    if name in ("formula", "feature"):
        return st.sampled_from(["x1*x2", "sin(x1)", "x1/x2", "tanh(x1)+x2**2", "log(x1)", "x1+"])
    setting = DECLARATIONS[name]
    if setting.value_type not in (int, float):
        return st.sampled_from(["0", "1", ""])
    bounds = setting.bounds
    low = bounds["gt"] + 1e-3 if "gt" in bounds else bounds["ge"]
    high = min(300.0, bounds["le"] if "le" in bounds else bounds["lt"] - 1e-3)
    if setting.value_type is int:
        return st.integers(int(low), int(high)).map(str)
    return st.floats(low, high).map(lambda value: f"{value:.4g}")


def choice(*tables: Any) -> st.SearchStrategy[str]:
    """One of the names of these tables."""
    return st.sampled_from([name for table in tables for name in table])


PLACES = (st.integers(-1, 9) | st.integers(-1, 400)).map(str)
POINTS = st.lists(st.floats(-3, 3).map("{:.3g}".format), min_size=1, max_size=3).map(",".join)
NODES = st.sampled_from(["a", "b", "x0", "x1", "y0", "y1", "L", "e", "*"])
NAMED: dict[str, st.SearchStrategy[str]] = {
    **{name: setting(name) for name in DECLARATIONS},
    "code": programs(), "text": INPUTS, "table": tables(), "weights": weights(),
    "file": tables(), "command": choice(COMMANDS), "story": choice(story.key for story in PRESETS),
    "leaf": NODES, "second": NODES, "node": NODES, "number": st.sampled_from(NUMBERS),
    "calls": st.sampled_from("1234"), "way": st.sampled_from(["up", "down"]),
    "count": st.sampled_from(["1", "10", "1000", "0"]), "h": st.integers(-13, 1).map(str),
    "format": choice(EXPRESSION_FORMATS), "step": PLACES, "answer": st.sampled_from(NUMBERS),
    "lesson-answer": st.sampled_from([*NUMBERS, "-8", "6 -4 -2", "tanh"]),
    "inputs": NODES, "opened": st.sampled_from(["y0", "y1,y0", "L", "loss,loss.mean"]),
    "folded": st.sampled_from(["*", "y0", "*,y0"]), "moves": st.sampled_from(["0.05*10", "1*1f"]),
    "answers": st.sampled_from(["3~1", "4~", "5~-2.5,6~", "5~x", "6~nan"]),
    "predict": st.sampled_from("01"),
    "speed": choice(SPEEDS, WALK_SPEEDS), "then": choice(["play", "step", "weigh", "edit"]),
    "choose": choice(form.CHOICES["dataset"]), "suggest": st.sampled_from("01"),
    "fresh": st.integers(0, 2**31).map(str),
    "shape": st.tuples(
        choice(["more", "fewer", "insert", "remove", "relu", "tanh", "x"]), st.integers(0, 4)
    ).map(lambda change: f"{change[0]}.{change[1]}"),
    "sample": PLACES, "slice": st.floats(-9, 9).map(str), "discrete": st.sampled_from("01"),
    "untested": st.sampled_from("01"), "log": st.sampled_from("01"), "panel": choice(PANELS),
    "layer": PLACES, "weight": PLACES,
    "page": st.sampled_from(["p", "q", "room A", "x" * 100]) | st.text(max_size=9),
    "is": st.sampled_from(["hidden", "closed", ""]),
    "boot": st.sampled_from(["", "before"]), "name": st.text(max_size=9),
    "how": choice(["add", "move", "erase", "undo"]), "index": PLACES, "at": POINTS,
    "target": st.sampled_from(["0", "1", "-1", "4", "2.5"]), "testing": st.sampled_from("01"),
    "dragged": st.sampled_from("01"), "place": PLACES, "value": st.floats(-9, 9).map(str),
    "x": st.floats(0, 1).map(str), "y": st.floats(0, 1).map(str),
    "changeable": choice(CHANGEABLE), "file_name": choice(NETWORK_FORMATS, ["weights", "replay"]),
    "theme": choice(THEMES), "embed": choice(EXPRESSION_PANELS, NETWORK_PANELS),
    "slug": choice(own_library()),
    "address": st.sampled_from(["/", "/network?hidden=3", "/" + "x" * 3000, "//x", "/\ud800"]),
    "filename": st.sampled_from(
        [*FILES, "../pyproject.toml", "..%2fpyproject.toml", "css/%00", "css", "css/", "a" * 400,
         "....//", "%5c..%5c", "/etc/passwd", "js/./app.js"]
    ),
    "state": choice(story.lab.query() for story in PRESETS)
    | st.builds(lambda code: Lab(code=code).query(), programs()),
    "HX-Current-URL": st.sampled_from(CURRENT),
}  # fmt: skip
"""By the name of a field, of a part of an address, or of a header."""


@dataclass(frozen=True)
class Pools:
    """Values by name, and wild ones."""

    named: Mapping[str, tuple[str, ...]]
    wild: tuple[str, ...]

    def value(self, chance: random.Random, name: str, wildness: float = 0.1) -> str:
        """A value for a field of this name."""
        if name not in self.named or chance.random() < wildness:
            return chance.choice(self.wild)
        return chance.choice(self.named[name])

    @classmethod
    def draw(cls, chosen: int, count: int) -> Pools:
        """Draw `count` values of each kind with this seed."""
        named = {name: drawn(strategy, count, chosen) for name, strategy in NAMED.items()}
        return cls(named, ODD + drawn(WILD, 4 * count, chosen))


def drawn(strategy: st.SearchStrategy[str], most: int, chosen: int) -> tuple[str, ...]:
    """Draw up to `most` examples; fewer if the strategy has no more."""
    examples: list[str] = []

    @seed(chosen)
    @settings(
        max_examples=most, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def note(value: str) -> None:
        examples.append(value)

    note()
    return tuple(examples)
