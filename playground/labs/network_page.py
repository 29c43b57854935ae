"""What the templates of the network lab show of a run."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import partial
from math import isfinite
from typing import Any
from urllib.parse import urlencode

from engine.inspection.frames import Frame, ViewOptions, frame, other_inputs, slice_ranges
from engine.ops import ACTIVATIONS
from engine.training.divergence import last_good_step
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
    following: bool = False,
) -> dict[str, Any]:
    """Return what the lab's template shows of a run, with the form of its settings.

    Who is `following` sees the run, but gets no address of it.
    """
    now: Frame = runner.compute(frame, run, view)
    figures = runner.compute(plots, now, view, pinned, live and live.tip.curve)
    figures["surface"] = runner.compute(surface.figure, now, view)
    page = moment_page(runner, now, live, view, pinned, following) | data_page(now, view)
    page |= form.form_context(run.now.texts(), {}, live is not None and not following)
    return page | {
        "page": secrets.token_urlsafe(6),
        "boot": runner.boot_id,
        "speed": live.record.speed if live else speed,
        "speeds": SPEEDS,
        "shape": shape(run),
        "maps": maps_json(now.maps),
        "activations": list(ACTIVATIONS),
        "limits": {"layers": MAX_LAYERS, "units": MAX_NEURONS},
        "training": len(run.samples.train),
        "figures": figures,
    }


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come, whichever of its states is shown."""

    playing: bool
    last_step: int
    is_earlier: bool
    """A state before the newest is shown."""


def moment_page(
    runner: Runner,
    frame: Frame,
    live: LiveRun | None,
    view: ViewOptions,
    pinned: Run | None,
    following: bool = False,
) -> dict[str, Any]:
    """Return what the parts of the page show that every step changes: the numbers, the history,
    the weights, and the open tab.
    """
    panel = panel_of(view)
    compute = partial(runner.show, live) if live else runner.compute
    contents = compute(panel.page, frame, view, pinned)
    layers = picture.picture(frame.run.model.sizes)
    return {
        "frame": frame,
        "picture": layers,
        "lines": compute(picture.lines, frame.run, layers),
        "biases": compute(picture.biases, frame.run, layers),
        "naming": picture,
        "panel": panel,
        "panels": PANELS,
        "view": view,
        "trouble": runner.save_error or (live.notice if live else ""),
        "family": lambda: runner.runs.family(live) if live and not following else [],
        "viewed": view_texts(view),
        "viewed_query": view_query(view),
        "progress": live and Progress(live.playing, live.tip.step, live.past is not None),
        "following": following,
        "good_step": last_good_step(frame.run) if frame.run.diverged else 0,
        "live": None if following else live,
        "run": frame.run,
    } | contents


def data_page(frame: Frame, view: ViewOptions) -> dict[str, Any]:
    """Return what the parts show that an edit of the data changes: legends and slices."""
    run = frame.run
    return {
        "slices": list(zip(slice_ranges(run), other_inputs(run, view), strict=True)),
        "legend": surface.legend(run),
        "curves": loss.LINES,
        "bars": bars.BARS,
        "bars_figure": bars.figure(frame) if bars.has_bars(run) else None,
    }


def command_page(
    live: LiveRun, frame: Frame, view: ViewOptions, following: bool = False
) -> dict[str, Any]:
    """Return what the parts of the page show that only commands change: the form of the settings,
    the speed, the legends and the slices.
    """
    page = form.form_context(frame.run.now.texts(), {}, not following) | data_page(frame, view)
    return page | {"speed": live.record.speed, "speeds": SPEEDS}


def run_summary(live: LiveRun, frame: Frame) -> dict[str, Any]:
    """Return what a run is at the step that is shown, as JSON has it. `settings` began it, `now`
    are those in force.
    """
    run = frame.run
    return {
        "id": live.id,
        "step": run.step,
        "last_step": live.tip.step,
        "epoch": run.cursor.epoch,
        "playing": live.playing,
        "speed": live.record.speed,
        "loss": _by_split(frame.loss),
        "accuracy": _by_split(frame.accuracy),
        "points": {"train": len(run.samples.train), "all": len(run.data.inputs)},
        "settings": run.settings.texts(),
        "now": run.now.texts(),
        "stopped": run.stopped,
        "diverged": run.diverged,
    }


def _by_split(values: tuple[float, float]) -> dict[str, float | None]:
    """Return the value over the training and over the test samples; None if it is not finite."""
    train, test = (value if isfinite(value) else None for value in values)
    return {"train": train, "test": test}


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
