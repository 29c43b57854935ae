"""What the optimizer does to the chosen weight in its next step."""

from __future__ import annotations

from typing import Any

from engine.inspection.frames import Frame, View
from engine.inspection.weight_update import explain
from playground.panels.pinned import Pinned


def page(frame: Frame, view: View, pinned: Pinned) -> dict[str, Any]:
    """Every number of the update, from the gradient over all training samples."""
    run, training = frame.run, frame.run.training
    model = run.model
    _, gradient = model.program.gradient(
        run.parameters, run.samples.train, model.reduction, run.backend
    )
    update = explain(
        training.optimizer, view.weight, run.parameters, gradient, run.moments, run.step + 1,
        training.rate_after(run.step), training.decay, training.l1, training.l2, training.clip,
    )  # fmt: skip
    return {"update": update, "batched": bool(training.batch or training.dropout)}
