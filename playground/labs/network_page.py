"""What the templates of the network lab show of a run."""

from __future__ import annotations

import secrets
from functools import partial
from math import isfinite
from typing import Any
from urllib.parse import urlencode

from engine.inspection.frames import Frame, ViewOptions, frame, other_inputs, slice_ranges
from engine.ops import ACTIVATIONS
from engine.training.run import Run
from engine.training.settings import MAX_LAYERS, MAX_NEURONS
from playground.figures import bars, loss, picture, surface
from playground.figures.arrays import maps_json
from playground.network import form
from playground.network.view import view_query, view_texts
from playground.panels import PANELS, panel_of, plots
from playground.runner.live_run import LiveRun
from playground.runner.runner import Runner
from playground.runner.scheduling.pace import DEFAULT_SPEED, SPEEDS


def lab_page(
    runner: Runner,
    run: Run,
    live: LiveRun | None = None,
    view: ViewOptions = ViewOptions(),
    pinned: Run | None = None,
    speed: str = DEFAULT_SPEED,
) -> dict[str, Any]:
    """Return what the lab's template shows of a run, with the form of its settings."""
    page = plots_page(runner, run, live, view, pinned, speed)
    return page | form.form_context(run.now.texts(), {}, live is not None)


def plots_page(
    runner: Runner,
    run: Run,
    live: LiveRun | None,
    view: ViewOptions,
    pinned: Run | None,
    speed: str,
) -> dict[str, Any]:
    """Return what the lab's template shows of a run, without the form."""
    now: Frame = runner.compute(frame, run, view)
    figures = runner.compute(plots, now, view, pinned)
    figures["surface"] = runner.compute(surface.figure, now, view)
    return panel_page(runner, now, live, view, pinned) | {
        "page": secrets.token_urlsafe(6),
        "boot": runner.boot_id,
        "frame": now,
        "speed": live.record.speed if live else speed,
        "speeds": SPEEDS,
        "shape": shape(run),
        "maps": maps_json(now.maps),
        "activations": list(ACTIVATIONS),
        "limits": {"layers": MAX_LAYERS, "units": MAX_NEURONS},
        "training": len(run.samples.train),
        "slices": list(zip(slice_ranges(run), other_inputs(run, view), strict=True)),
        "legend": surface.legend(run),
        "curves": loss.LINES,
        "bars": bars.BARS,
        "figures": figures,
    }


def panel_page(
    runner: Runner, frame: Frame, live: LiveRun | None, view: ViewOptions, pinned: Run | None
) -> dict[str, Any]:
    """Return what the templates of the open tab and of the network's picture show."""
    panel = panel_of(view)
    compute = partial(runner.show, live) if live else runner.compute
    contents = compute(panel.page, frame, view, pinned)
    layers = picture.picture(frame.run.model.sizes)
    return {
        "picture": layers,
        "lines": compute(picture.lines, frame.run, layers),
        "biases": compute(picture.biases, frame.run, layers),
        "naming": picture,
        "panel": panel,
        "panels": PANELS,
        "view": view,
        "trouble": runner.save_error or (live.notice if live else ""),
        "family": lambda: runner.runs.family(live) if live else [],
        "viewed": view_texts(view),
        "viewed_query": view_query(view),
        "live": live,
        "run": frame.run,
        "settings": frame.run.now,
    } | contents


def run_summary(live: LiveRun, frame: Frame) -> dict[str, Any]:
    """Return what a run is, as JSON has it. A loss that is not finite is None."""
    train, test = (loss if isfinite(loss) else None for loss in frame.loss)
    return {
        "id": live.id,
        "step": live.run.step,
        "playing": live.playing,
        "loss": {"train": train, "test": test},
        "settings": live.run.settings.texts(),
    }


def network_query(run: Run, view: ViewOptions, id: str = "") -> str:
    """Return the query of the page that shows this run through this view again.

    If the run of this id no longer exists, the page begins one with the same settings.
    """
    query = [run.settings.query(), urlencode(view_texts(view), safe=",")]
    query += [f"run={id}"] if id else []
    return "&".join(filter(None, query))


def shape(run: Run) -> str:
    """Return the network in a few words: `2 – 8 – 8 – 1, 105 parameters`."""
    return f"{' – '.join(map(str, run.model.sizes))}, {len(run.parameters)} parameters"


def speed_of(texts: dict[str, str]) -> str:
    """Return the speed that a form or an address names, or the default."""
    speed = texts.get("speed", "")
    return speed if speed in SPEEDS else DEFAULT_SPEED
