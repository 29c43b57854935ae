"""Everything that a person can do to an expression lab: commands that make a new state of it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from math import ceil, isfinite, log10

from engine.explain.folding import ALL
from engine.explain.gradient_steps import GradientSteps
from engine.export.expression import EXPRESSION_FORMATS
from playground.expression.scene import Scene, rewritten, scene
from playground.expression.state import Lab, read_move, write_move

Form = Mapping[str, str]
Command = Callable[[Lab, Form], Lab]


def apply(lab: Lab, command: str, form: Form) -> Lab:
    """The state after a command. Raises KeyError for one that there is not, ValueError (which an
    ExpressionError is) for what it cannot do.
    """
    return COMMANDS[command](lab, form)


def reach(value: float) -> float:
    """How far a number's slider goes to either side: 10, or the next power of ten above it."""
    return max(10.0, 10.0 ** min(308, ceil(log10(abs(value))))) if value else 10.0


def write(lab: Lab, form: Form) -> Lab:
    """Another text. The walk stands at its end again where the graph has changed."""
    text = form.get("text")
    if text is None:
        return lab
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        before = scene(lab)
    except (ValueError, ArithmeticError):
        before = None
    if text == (before.graph.text if before else lab.code):
        return lab
    written = _changed(lab, code=text, moves=(), large=False)
    after = scene(written)
    if before and _structure(before) == _structure(after):
        return written.but(step=lab.step)
    return written.but(story="", node="")


def _structure(shown: Scene) -> list[object]:
    return [(node.label, node.op) for node in shown.nodes]


def _goes(to: Callable[[Scene], int]) -> Command:
    def go(lab: Lab, form: Form) -> Lab:
        shown = scene(lab)
        return _at(lab, max(0, min(to(shown), len(shown.walk.steps))), len(shown.walk.steps))

    return go


def _at(lab: Lab, place: int, last: int) -> Lab:
    at_end = place == last
    return lab.but(step=None if at_end else place, playing=lab.playing and not at_end)


def _forward(shown: Scene) -> int:
    last = len(shown.walk.steps)
    return next((at for at in range(shown.place + 1, last) if shown.shows(at)), last)


def _back(shown: Scene) -> int:
    return next((at for at in range(shown.place - 1, 0, -1) if shown.shows(at)), 0)


def seek(lab: Lab, form: Form) -> Lab:
    """To a place of the walk."""
    given = form.get("step", "")
    place = int(given) if given.isascii() and given.isdecimal() and len(given) < 9 else 0
    return _goes(lambda shown: place)(lab, form)


def play(lab: Lab, form: Form) -> Lab:
    """Let the walk go on by itself; from its end it begins again."""
    shown = scene(lab)
    begin = 0 if shown.place == len(shown.walk.steps) else shown.place
    return lab.but(step=begin, playing=bool(shown.walk.steps))


def tick(lab: Lab, form: Form) -> Lab:
    """A step of playing, unless something else came first."""
    if not lab.playing or form.get("from") != str(scene(lab).place):
        return lab
    return COMMANDS["forward"](lab, form)


def pause(lab: Lab, form: Form) -> Lab:
    """Stop the walk where it is."""
    return lab.but(playing=False)


def touch(lab: Lab, form: Form) -> Lab:
    """Another number for a leaf: it is rewritten in the text, and the walk stays where it is.

    Raises ValueError where it is no number or the expression is not defined for it.
    """
    leaf = form.get("leaf", "")
    value = read_number(form.get(f"number-{leaf}", ""), leaf)
    graph = scene(lab).graph
    if leaf not in graph.expression.literal_spans:
        raise ValueError(f"{leaf} is not a number in this text.")
    if value == graph.expression.names[leaf].data:
        return lab
    held = _here(lab)
    text = rewritten(held.code, scene(held).expression, {leaf: value})
    touched = held.but(code=text, answers=())
    scene(touched)
    return touched


def _here(lab: Lab) -> Lab:
    """The lab with the numbers to which gradient steps have led, and without these steps."""
    return lab.but(code=scene(lab).graph.text, moves=()) if lab.moves else lab


def _changed(lab: Lab, **update: object) -> Lab:
    """The lab with another graph or another walk, seen from its end."""
    return lab.but(**{"step": None, "playing": False, "answers": ()} | update)


def mark(lab: Lab, form: Form) -> Lab:
    """Make a leaf an input, of which no gradient is wanted, or a parameter again."""
    leaf = form.get("leaf", "")
    others = tuple(each for each in lab.inputs if each != leaf)
    return _changed(_here(lab), inputs=others if leaf in lab.inputs else (*others, leaf))


def call(lab: Lab, form: Form) -> Lab:
    """How often backward() is called."""
    return _changed(_chosen(lab, {"calls": form.get("calls", "1")}))


def open_up(lab: Lab, form: Form) -> Lab:
    """Take an operation apart. Raises ValueError where it cannot be at these numbers."""
    node = form.get("node", "")
    opened = _changed(lab, opened=(*lab.opened, node), node=node)
    scene(opened)
    return opened


def close(lab: Lab, form: Form) -> Lab:
    """Put an operation together again, and all that it was taken apart into."""
    node = form.get("node", "")
    kept = (each for each in lab.opened if each != node and not each.startswith(f"{node}."))
    return _changed(lab, opened=tuple(kept), node=node)


def fold(lab: Lab, form: Form) -> Lab:
    """Fold a statement: one node stands for all that serves it alone."""
    return _folds(lab, form.get("node", ""), True)


def unfold(lab: Lab, form: Form) -> Lab:
    """Unfold a statement. Raises ValueError where there would be too much to draw."""
    return _folds(lab, form.get("node", ""), False)


def _folds(lab: Lab, node: str, away: bool) -> Lab:
    others = tuple(each for each in lab.folded if each != node)
    listed = away != (lab.folded[:1] == (ALL,))
    changed = lab.but(folded=(*others, node) if listed else others, node=node)
    scene(changed)
    return changed


def fold_all(lab: Lab, form: Form) -> Lab:
    """Fold every statement that can be."""
    return lab.but(folded=(ALL,))


def unfold_all(lab: Lab, form: Form) -> Lab:
    """Unfold everything. Raises ValueError where there would be too much to draw."""
    changed = lab.but(folded=())
    scene(changed)
    return changed


def strip(lab: Lab, form: Form) -> Lab:
    """Draw constants no more, or again."""
    changed = lab.but(bare=not lab.bare)
    scene(changed)
    return changed


def find(lab: Lab, form: Form) -> Lab:
    """Choose a node by its label; what hides it is unfolded. Raises ValueError for none."""
    wanted = form.get("node", "").strip()
    if not wanted:
        return lab.but(node="")
    shown = scene(lab)
    found = shown.find(wanted)
    if found is None:
        close_to = difflib.get_close_matches(wanted, [n.label for n in shown.nodes if n.label], 1)
        hint = f" Did you mean {close_to[0]}?" if close_to else ""
        raise ValueError(f"There is no node called {wanted[:40]}.{hint}")
    owner = shown.view.shown_as.get(found)
    if owner is not None and owner is not found:
        lab = _folds(lab, owner.label, False)
    return lab.but(node=wanted)


CHOICES = ("leaf", "second", "h", "rate", "format", "speed")


def choose(lab: Lab, form: Form) -> Lab:
    """What is looked at and how: see CHOICES. Raises ValueError for what is not offered."""
    chosen = _chosen(lab, {name: form[name] for name in CHOICES if name in form})
    if chosen.format and chosen.format not in EXPRESSION_FORMATS:
        raise ValueError(f"There is no format {chosen.format[:40]}.")
    return chosen.but(second="") if chosen.second == chosen.leaf else chosen


def _chosen(lab: Lab, given: Mapping[str, str]) -> Lab:
    chosen, wrong = Lab.read(dict(lab) | dict(given))
    if wrong:
        name = next(name for name in given if str(getattr(chosen, name)) != given[name])
        raise ValueError(f"{name.capitalize()} cannot be {given[name][:40] or 'empty'}.")
    return chosen


def descend(lab: Lab, form: Form) -> Lab:
    """Gradient steps on the parameters: `count` of them, down, or up where `way` says so.

    Raises ValueError where they lead to numbers that are not finite.
    """
    lab = _chosen(lab, {"rate": form.get("rate", str(lab.rate)).replace(",", ".")})
    if not scene(lab).graph.trail.leaves:
        raise ValueError("There is no parameter to move: name a number, as in w = 2.")
    count = min(1000, int(given)) if (given := form.get("count", "1")).isdecimal() else 1
    rate = -lab.rate if form.get("way") == "up" else lab.rate
    move = GradientSteps(rate, max(1, count), lab.forgotten)
    moves = lab.moves
    if (
        moves
        and (last := read_move(moves[-1]))
        and (last.rate, last.keeps_gradients)
        == (
            move.rate,
            move.keeps_gradients,
        )
    ):
        move, moves = GradientSteps(rate, last.count + move.count, move.keeps_gradients), moves[:-1]
    moved = _changed(lab, moves=(*moves, write_move(move)))
    scene(moved)
    return moved


def forget(lab: Lab, form: Form) -> Lab:
    """Forget zero_grad() from here on, or call it again."""
    return _changed(lab, forgotten=not lab.forgotten)


def restart(lab: Lab, form: Form) -> Lab:
    """Back to where the gradient steps began."""
    return _changed(lab, moves=())


def settle(lab: Lab, form: Form) -> Lab:
    """Stay where the gradient steps have led, and begin a new history there."""
    return _changed(_here(lab))


def predict(lab: Lab, form: Form) -> Lab:
    """Cover the gradients and begin the backward walk, or uncover them all."""
    if lab.predict:
        return lab.but(predict=False, answers=())
    begin = scene(lab).walk.forward
    return _changed(lab, predict=True, right=0, asked=0, step=begin)


def answer(lab: Lab, form: Form) -> Lab:
    """A prediction of the gradient that is asked for. Raises ValueError where it is no number."""
    shown = scene(lab)
    step = shown.asks
    if step is None:
        return lab
    value = read_number(form.get("answer", ""), "Your prediction")
    return lab.but(
        answers=(*lab.answers, f"{shown.place}~{value!r}"),
        right=lab.right + is_right(value, step.after),
        asked=lab.asked + 1,
    )


def reveal(lab: Lab, form: Form) -> Lab:
    """Show the gradient that is asked for; it does not count."""
    return lab.but(answers=(*lab.answers, f"{scene(lab).place}~"))


MOST_SHOWN = 200
"""Of more gradients that were given before it, one that a class is asked is not told apart."""


def pose(lab: Lab) -> tuple[Lab, Lab]:
    """The state in which a class is asked the gradient of this step, and the one that tells it.

    Gradients that were given before stay in view. Nothing is looked at alone: a nudge tells slopes.
    """
    shown = scene(lab)
    places = {shown.walk.last_step_to(node, shown.place) for node in shown.grads}
    given = {f"{place}~" for place in places if place is not None}
    answers = [each for each in lab.answers if not each.startswith(f"{shown.place}~")]
    if not lab.predict:
        answers = sorted(given - {f"{shown.place}~"}) if len(given) <= MOST_SHOWN else []
    asking = lab.but(predict=True, answers=tuple(answers), leaf="", second="", playing=False)
    if not lab.predict:
        return asking, lab.but(playing=False)
    return asking, asking.but(answers=(*answers, f"{shown.place}~"))


def is_right(value: float, right: float) -> bool:
    """Whether a prediction is a gradient, to a hundredth of it."""
    return abs(value - right) <= 0.01 * abs(right) + 1e-12


def read_number(typed: str, what: str) -> float:
    """The number that a person typed, with a true minus sign or a comma if they like.

    Raises ValueError, in words, for anything else; `what` is what the number is for.
    """
    try:
        value = float(typed.strip().replace("\N{MINUS SIGN}", "-").replace(",", "."))
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise ValueError(f"{what} needs a number, such as 2, -0.5 or 1e-3.")
    return value


COMMANDS: dict[str, Command] = {
    "write": write,
    "first": _goes(lambda shown: 0),
    "back": _goes(_back),
    "forward": _goes(_forward),
    "last": _goes(lambda shown: len(shown.walk.steps)),
    "seek": seek,
    "play": play,
    "tick": tick,
    "pause": pause,
    "drag": touch,
    "touch": touch,
    "mark": mark,
    "call": call,
    "open": open_up,
    "close": close,
    "fold": fold,
    "unfold": unfold,
    "fold_all": fold_all,
    "unfold_all": unfold_all,
    "strip": strip,
    "find": find,
    "choose": choose,
    "descend": descend,
    "forget": forget,
    "restart": restart,
    "settle": settle,
    "predict": predict,
    "answer": answer,
    "reveal": reveal,
}
"""Every command by its name. `drag` is a number on its way, `touch` where it was let go."""

REMEMBERED = frozenset(
    {
        "touch", "mark", "call", "open", "close", "fold", "unfold", "fold_all", "unfold_all",
        "strip", "descend", "forget", "restart", "settle",
    }
)  # fmt: skip
"""Commands after which the browser's Back leads to the state before."""
