"""Run a program in NumPy, one operation of the table at a time.

A node that depends on an input or a mask is an array over the samples, any other stays a single
number. Slower than the native backend, the same to rounding, and it runs wherever NumPy does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine import random
from engine.compiler.graph import LEAF, Graph, Leaf
from engine.compiler.training_options import Cursor, Descent, Training
from engine.ops import TABLE
from engine.optimizers import OPTIMIZERS, Moments, Step, final_gradient
from engine.random import Floats, RandomStream

MOST_NUMBERS, LEAST_ROWS = 4_000_000, 256
"""A batch is taken in blocks of rows so that all nodes' numbers stay below the first, 32 MB, except
that a block has at least so many rows."""


class Interpretation:
    """Runs a graph over batches; holds nothing that a run changes."""

    def __init__(self, graph: Graph, parameters: int) -> None:
        self._graph, self._parameters = graph, parameters
        self._rows = max(LEAST_ROWS, MOST_NUMBERS // len(graph.operations))
        self._leaves = [
            (place, *leaf)
            for place, leaf in enumerate(graph.leaves)
            if graph.operations[place] == LEAF and leaf[0] != Leaf.CONSTANT
        ]
        """(place, kind, place among those of the kind)"""

    def evaluate(self, parameters: Floats, X: Floats, places: Sequence[int]) -> Floats:
        """The numbers of these nodes for every sample of X, (nodes, samples)."""
        needed = self._graph.needed(places)
        values = np.empty((len(places), len(X)))
        for start in range(0, len(X), self._rows):
            block = slice(start, start + self._rows)
            data = self._forward(parameters, X[block], None, needed)
            for row, place in enumerate(places):
                values[row, block] = data[place]
        return values

    def gradient(
        self, parameters: Floats, X: Floats, mean: bool, masks: Floats | None = None
    ) -> tuple[float, Floats]:
        """The loss over the samples of X and its gradient, (parameters,).

        `masks` (masks, samples) are what dropout multiplies by; None is 1 everywhere.
        """
        weight = 1.0 / len(X) if mean else 1.0
        loss, gradient = 0.0, np.zeros(self._parameters)
        for start in range(0, len(X), self._rows):
            block = slice(start, start + self._rows)
            block_masks = None if masks is None else masks[:, block]
            part, slope = self._gradient(parameters, X[block], weight, block_masks)
            loss, gradient = loss + part, gradient + slope
        return loss, gradient

    def _gradient(
        self, parameters: Floats, X: Floats, weight: float, masks: Floats | None
    ) -> tuple[float, Floats]:
        graph, samples = self._graph, len(X)
        data = self._forward(parameters, X, masks, None)
        loss = np.broadcast_to(np.asarray(data[graph.loss]), samples)
        grads: list[Floats | float | None] = [None] * len(data)
        grads[graph.loss] = weight if np.ndim(data[graph.loss]) else weight * samples
        with np.errstate(all="ignore"):
            for place in range(graph.loss, -1, -1):
                grad, operation = grads[place], graph.operations[place]
                if operation == LEAF or grad is None:
                    continue
                operands = graph.operands[place]
                arguments = (*[data[o] for o in operands], *graph.numbers[place], data[place])
                op = TABLE[operation].with_operands(len(operands))
                for operand, rule in zip(operands, op.local_derivatives, strict=True):
                    local_derivative = rule(*arguments)
                    flow = local_derivative * grad
                    if op.selects:
                        flow = np.where(local_derivative, flow, 0.0)
                    if np.ndim(data[operand]) == 0 and np.ndim(data[place]):
                        flow = np.broadcast_to(flow, samples).sum()
                    previous = grads[operand]
                    grads[operand] = flow if previous is None else previous + flow
        gradient = np.zeros(self._parameters)
        for place, kind, i in self._leaves:
            if kind == Leaf.PARAMETER:
                grad = grads[place]
                gradient[i] = 0.0 if grad is None else grad
        return float(loss.sum() * weight), gradient

    def descend(
        self,
        parameters: Floats,
        moments: Moments,
        X: Floats,
        training: Training,
        *,
        start: int,
        steps: int,
        cursor: Cursor,
        watched: Floats,
        stride: int,
    ) -> Descent:
        """As `Program.descend`."""
        optimizer = OPTIMIZERS[training.optimizer]
        samples = len(X)
        batch = min(training.batch or samples, samples)
        losses, curve = np.empty(steps), [np.empty((0, len(watched)))]
        order = _order(training, cursor.epoch, samples, batch)
        for done in range(steps):
            end = min(cursor.position + batch, samples)
            part_x = X if batch == samples else X[order[cursor.position : end]]
            masks = None
            if training.dropout and self._graph.masks:
                masks = training.masks(start + done, self._graph.masks, len(part_x))
            loss, gradient = self.gradient(parameters, part_x, training.reduction == "mean", masks)
            with np.errstate(all="ignore"):
                moved, carried = optimizer.update(
                    parameters,
                    final_gradient(gradient, parameters, training),
                    moments,
                    Step(start + done + 1, training.rate_after(start + done), training),
                )
            good = np.isfinite(loss) and all(
                np.isfinite(array).all() for array in (gradient, moved, *carried)
            )
            if not good:
                losses = losses[:done]
                break
            losses[done] = loss
            parameters, moments = moved, carried
            cursor = Cursor(cursor.epoch, end)
            if end == samples:
                cursor = Cursor(cursor.epoch + 1)
                order = _order(training, cursor.epoch, samples, batch)
            if stride and (start + done + 1) % stride == 0:
                curve.append(self.evaluate(parameters, watched, [self._graph.loss]))
        return Descent(
            parameters, moments, cursor, losses, np.concatenate(curve), len(losses) == steps
        )

    def _forward(
        self,
        parameters: Floats,
        X: Floats,
        masks: Floats | None,
        needed: Sequence[bool] | None,
    ) -> list[Floats | float]:
        graph = self._graph
        data: list[Floats | float] = list(graph.data)
        for place, kind, i in self._leaves:
            if kind == Leaf.PARAMETER:
                data[place] = float(parameters[i])
            elif kind == Leaf.MASK:
                data[place] = 1.0 if masks is None else masks[i]
            elif i < X.shape[1]:
                data[place] = X[:, i]
        with np.errstate(all="ignore"):
            for place, operation in enumerate(graph.operations):
                if operation != LEAF and (needed is None or needed[place]):
                    arguments = [data[operand] for operand in graph.operands[place]]
                    op = TABLE[operation].with_operands(len(arguments))
                    data[place] = op.forward(*arguments, *graph.numbers[place])
        return data


def _order(training: Training, epoch: int, samples: int, batch: int) -> random.Integers:
    if batch == samples:
        return np.arange(samples)
    return random.permutation(random.key(training.seed, RandomStream.SHUFFLE, epoch), samples)
