"""What replaces a run keeps the old one a press away: it stays among the visitor's runs, and the
page says so beside an Undo.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from werkzeug.exceptions import TooManyRequests

from engine.training.run import Run
from engine.training.settings import DECLARATIONS
from playground.http.rate_limits import admit_run
from playground.messages import network as messages
from playground.network.form import display_text
from playground.runner.errors import FullError
from playground.runner.live_run import LiveRun
from playground.runner.runner import Runner


@dataclass(frozen=True)
class FormerRun:
    """What the page says of a run that another has replaced. One without an id is lost."""

    message: str
    id: str = ""
    instead: str = ""
    """The run in its place, which Undo deletes if nothing has happened to it."""


NO_FORMER_RUN = FormerRun("")
"""Takes back what the page says of a run that was kept."""


def is_worth_keeping(live: LiveRun) -> bool:
    """Return whether anything was trained or changed in a run."""
    return live.tip.step > 0 or live.tip.is_edited


def reset_and_keep(runner: Runner, live: LiveRun) -> FormerRun | None:
    """Return a run to step 0, and keep what it was as a run of its own."""
    before = live.tip
    runner.pause(live)
    former = keep(runner, live)
    runner.reset(live)
    if former is None:
        return None
    message = f"{messages.RESET}{_changes(before, live.tip)} {former.message}"
    return replace(former, message=message)


def keep(runner: Runner, live: LiveRun) -> FormerRun | None:
    """Keep what a run is now as a run of its own, if that is worth it."""
    if not is_worth_keeping(live):
        return None
    try:
        admit_run()
        copy = runner.runs.keep(live)
    except (FullError, TooManyRequests) as error:
        reason = error.description if isinstance(error, TooManyRequests) else str(error)
        return FormerRun(messages.FORMER_RUN_LOST.format(reason=reason))
    return FormerRun(messages.FORMER_RUN_IN_MY_RUNS.format(step=copy.tip.step), copy.id, live.id)


def _changes(before: Run, after: Run) -> str:
    """Return a sentence about the settings that a reset has set back, if any."""
    old, new = before.now.texts(), after.now.texts()
    values = [
        f"{DECLARATIONS[name].title} {display_text(name, new[name])}"
        for name in new
        if old[name] != new[name]
    ]
    return messages.SET_BACK.format(values=", ".join(values)) if values else ""


def is_untouched(live: LiveRun) -> bool:
    """Return whether a run can be deleted without a loss: nothing was trained, changed or named."""
    return not is_worth_keeping(live) and not live.record.name
