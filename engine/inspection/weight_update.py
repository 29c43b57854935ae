"""What the next step of training does to one weight, number by number.

The functions that train compute it (`engine.optimizers`): the whole gradient is penalised, clipped
and handed to the optimizer's own update, and the chosen weight's numbers are read off.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.evaluate import evaluate
from engine.notation import digits_for, format_formula, format_number
from engine.optimizers import EPSILON, OPTIMIZERS, Moments, Optimizer, clipped, penalised
from engine.random import Floats
from engine.script.parser import parse
from engine.value import Value

Rule = Callable[[Mapping[str, float]], float]
"""What a statement gives for the numbers of its letters."""


@dataclass(frozen=True, slots=True)
class Update:
    """One weight and its next step.

    `gradient` is that of the loss, `penalised` with what l1 and l2 add, `clipped` what the
    optimizer is given; `moments` are by their letters in the formula, before and after. `numbers`
    says the optimizer's `formula` with numbers, a statement each: `w ← 0.31 − 0.1 · 0.02 = 0.308`.
    """

    value: float
    gradient: float
    penalised: float
    clipped: float
    moments: Mapping[str, tuple[float, float]]
    rate: float
    change: float
    next_value: float
    formula: str
    numbers: tuple[str, ...]


def explain(
    optimizer: str,
    place: int,
    parameters: Floats,
    gradient: Floats,
    moments: Moments,
    step: int,
    rate: float,
    decay: float,
    l1: float,
    l2: float,
    clip: float,
) -> Update:
    """The step of the parameter at `place`; all arrays are (parameters,), `step` counts from 1.

    `gradient` is that of the loss over the samples of the step, before penalties and clipping.
    Where numbers overflow, what comes out is not finite, and the texts say so.
    """
    chosen = OPTIMIZERS[optimizer]
    with np.errstate(all="ignore"):
        slope = penalised(gradient, parameters, l1, l2)
        given = clipped(slope, clip)
        moved, carried = chosen.update(parameters, given, moments, step, rate, decay)
    value, after = float(parameters[place]), float(moved[place])
    before = {
        letter: float(moment[place])
        for letter, moment in zip(chosen.moment_letters, moments, strict=True)
    }
    results = {
        letter: float(moment[place])
        for letter, moment in zip(chosen.moment_letters, carried, strict=True)
    } | {"w": after}
    start = before | {
        "w": value,
        "grad": float(given[place]),
        "rate": rate,
        "decay": decay,
        "t": float(step),
        "ε": EPSILON,
    }
    return Update(
        value,
        float(gradient[place]),
        float(slope[place]),
        float(given[place]),
        {letter: (before[letter], results[letter]) for letter in chosen.moment_letters},
        rate,
        after - value,
        after,
        chosen.formula,
        _numbers(chosen, start, results),
    )


def _numbers(
    optimizer: Optimizer, start: Mapping[str, float], results: Mapping[str, float]
) -> tuple[str, ...]:
    """The statements of the rule with numbers, the weight with as many digits as its change needs.

    `results` are what the step made of moments and weight; what only stands between them is
    computed from the rule.
    """
    known, told = dict(start), []
    for letter, text in optimizer.statements:
        letters, rule = _rule(text, known)
        result = results[letter] if letter in results else rule(known)
        if letter == "w":
            w, change = known["w"], result - known["w"]
            digits = digits_for(change, (w, result), lambda before, after: after - before)
            worth, others = format_number(result, digits), [each for each in letters if each != "w"]
            shown = {"w": format_number(w, digits)} | _shown(known, others, change, rule, w)
        else:
            worth, shown = format_number(result), _shown(known, letters, result, rule)
        told.append(f"{letter} ← {format_formula(text, {**shown, 't': known['t']})} = {worth}")
        known[letter] = result
    return tuple(told)


def _shown(
    known: Mapping[str, float], letters: Sequence[str], result: float, rule: Rule, less: float = 0.0
) -> dict[str, str]:
    """These letters' numbers, with the digits that let a rule's result less `less` be checked."""
    digits = digits_for(
        result,
        [known[letter] for letter in letters],
        lambda *rounded: rule({**known, **dict(zip(letters, rounded, strict=True))}) - less,
    )
    return {letter: format_number(known[letter], digits) for letter in letters}


def _rule(text: str, known: Mapping[str, float]) -> tuple[list[str], Rule]:
    """The letters of a rule but for the step's, and the rule as a function of their numbers."""
    leaves = {letter: Value(1.0, letter) for letter in known if letter != "t"}
    nodes = parse(re.sub(r"\bt\b", f"{known['t']:.0f}", text), leaves).nodes()
    letters = [letter for letter, leaf in leaves.items() if leaf in nodes]

    def rule(numbers: Mapping[str, float]) -> float:
        return float(evaluate(nodes, {leaves[each]: np.array(numbers[each]) for each in letters}))

    return letters, rule
