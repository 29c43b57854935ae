"""What the next step of training does to one weight, number by number.

The functions that train compute it (`engine.optimizers`): they regularise and clip the whole
gradient and update all parameters; the numbers of one weight are taken from there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.compiler.training_options import Training
from engine.evaluate import evaluate
from engine.hyperparameters import HYPERPARAMETERS
from engine.notation import digits_for, format_formula, format_number
from engine.optimizers import OPTIMIZERS, Moments, Optimizer, Step, final_gradient
from engine.random import Floats
from engine.script.parser import parse
from engine.value import Value

Numbers = Mapping[str, float]
"""The numbers of the letters in a rule."""
Rule = Callable[[Numbers], float]
"""The right side of a statement as a function of the numbers of its letters."""


@dataclass(frozen=True, slots=True)
class Update:
    """One weight and its next step.

    `gradient` is that of the loss, `final_gradient` the one that the optimizer gets, after L1,
    clipping and L2. `moments` are by their letters in the formula, before and after.
    `calculation` is the optimizer's `formula` with numbers, a line per statement:
    `w ← 0.31 − 0.1 · 0.02 = 0.308`.
    """

    value: float
    gradient: float
    final_gradient: float
    moments: Mapping[str, tuple[float, float]]
    rate: float
    change: float
    next_value: float
    formula: str
    calculation: tuple[str, ...]


def explain_update(
    training: Training,
    index: int,
    parameters: Floats,
    gradient: Floats,
    moments: Moments,
    done: int,
) -> Update:
    """Return the next step of the parameter at an index; all arrays are (parameters,).

    `gradient` is that of the loss over the samples of the step, before regularisation and clipping;
    `done` steps came before. Where numbers overflow, the results are not finite, and the texts say
    so.
    """
    optimizer = OPTIMIZERS[training.optimizer]
    step = Step(done + 1, training.rate_after(done), training)
    with np.errstate(all="ignore"):
        final = final_gradient(gradient, parameters, training)
        updated, new_moments = optimizer.update(parameters, final, moments, step)
    value, next_value = float(parameters[index]), float(updated[index])
    before = _at(index, optimizer, moments)
    after = _at(index, optimizer, new_moments)
    letters = _hyperparameters(training) | before
    letters |= {"w": value, "grad": float(final[index]), "rate": step.rate, "t": float(step.number)}
    return Update(
        value,
        float(gradient[index]),
        float(final[index]),
        {letter: (before[letter], after[letter]) for letter in optimizer.moment_letters},
        step.rate,
        next_value - value,
        next_value,
        optimizer.formula,
        _calculation(optimizer, letters, after | {"w": next_value}),
    )


def _at(index: int, optimizer: Optimizer, moments: Moments) -> dict[str, float]:
    """Return the moments of one parameter, by their letters."""
    return {
        letter: float(moment[index])
        for letter, moment in zip(optimizer.moment_letters, moments, strict=True)
    }


def _hyperparameters(training: Training) -> dict[str, float]:
    """Return the numbers among the hyperparameters, by their names in formulas."""
    return {
        declaration.symbol or name: float(getattr(training, name))
        for name, declaration in HYPERPARAMETERS.items()
        if declaration.in_kernels
    }


def _calculation(optimizer: Optimizer, start: Numbers, results: Numbers) -> tuple[str, ...]:
    """Return the statements of the rule with numbers; the weight has as many digits as its change
    needs.

    `results` are the moments and the weight after the step; what only stands between them is
    computed from the rule.
    """
    numbers, lines = dict(start), []
    for letter, text in optimizer.statements:
        letters, rule = _rule(text, numbers)
        result = results[letter] if letter in results else rule(numbers)
        if letter == "w":
            w, change = numbers["w"], result - numbers["w"]
            digits = digits_for(change, (w, result), lambda before, after: after - before)
            others = [other for other in letters if other != "w"]
            texts = {"w": format_number(w, digits)} | _texts(numbers, others, change, rule, w)
            result_text = format_number(result, digits)
        else:
            result_text, texts = format_number(result), _texts(numbers, letters, result, rule)
        formula = format_formula(text, {**texts, "t": numbers["t"]})
        lines.append(f"{letter} ← {formula} = {result_text}")
        numbers[letter] = result
    return tuple(lines)


def _texts(
    numbers: Numbers, letters: Sequence[str], result: float, rule: Rule, less: float = 0.0
) -> dict[str, str]:
    """Return these letters' numbers, with enough digits to check a rule's result minus `less`."""
    digits = digits_for(
        result,
        [numbers[letter] for letter in letters],
        lambda *rounded: rule({**numbers, **dict(zip(letters, rounded, strict=True))}) - less,
    )
    return {letter: format_number(numbers[letter], digits) for letter in letters}


def _rule(text: str, numbers: Numbers) -> tuple[list[str], Rule]:
    """Return the letters of a rule except the step's, and the rule as a function of them."""
    leaves = {letter: Value(0.5, letter) for letter in numbers if letter != "t"}
    nodes = parse(re.sub(r"\bt\b", f"{numbers['t']:.0f}", text), leaves).nodes()
    letters = [letter for letter, leaf in leaves.items() if leaf in nodes]

    def rule(numbers: Numbers) -> float:
        data = {leaves[letter]: np.array(numbers[letter]) for letter in letters}
        return float(evaluate(nodes, data))

    return letters, rule
