"""How the optimizer updates the selected weight in its next step."""

from __future__ import annotations

from typing import Any

from engine.inspection.frames import Frame, ViewOptions
from engine.inspection.weight_update import explain_update
from engine.training.run import Run
from playground.messages import network as messages


def page(frame: Frame, view: ViewOptions, pinned: Run | None) -> dict[str, Any]:
    """Return every number of the update, for the gradient over all training samples."""
    run, training = frame.run, frame.run.training
    model = run.model
    _, gradient = model.program.gradient(
        run.parameters, run.samples.train, model.reduction, run.backend
    )
    update = explain_update(training, view.weight, run.parameters, gradient, run.moments, run.step)
    random_parts = [messages.MINI_BATCH] * bool(training.batch)
    random_parts += [messages.DROPOUT] * bool(training.dropout)
    return {"update": update, "random_parts": random_parts}
