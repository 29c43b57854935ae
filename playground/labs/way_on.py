"""The ways on that the page offers after a run has diverged. Gentler settings are tried first, so
that each way leads on.
"""

from __future__ import annotations

from engine.training.apply_command import apply_command
from engine.training.commands import NewSetting
from engine.training.divergence import gentler_texts, last_good_step, trial_end
from engine.training.run import Run, begin, compute_losses
from engine.training.settings_parser import parse_settings
from playground.runner.live_run import LiveRun
from playground.runner.runner import Runner
from playground.runner.scheduling.pace import Pace

TRIAL_SECONDS = 2.0
"""Maximum length of all trials together, in seconds."""
CLEAR_GAIN = 0.8
"""A loss below this share of the one before is a clear gain. After one, gentler values are tried
only while they gain more.
"""


def recovery_step(live: LiveRun) -> int | None:
    """Return the step from which a change of a setting continues a run, if it diverged later and
    the state that is shown is already lost.
    """
    if not live.tip.diverged:
        return None
    step = last_good_step(live.tip)
    return step if live.run.step > step or live.run.diverged else None


def restarted_run(runner: Runner, run: Run, setting: str) -> tuple[Run, str]:
    """Return a run that begins with the present settings of this one, but with a gentler value of
    one of them; and that value as a text.
    """
    start = runner.compute(begin, run.now, run.backend, run.first_data)
    text = gentle_value(runner, start, setting)
    settings, _ = parse_settings(run.now.texts() | {setting: text})
    assert settings is not None
    return runner.compute(begin, settings, run.backend, run.first_data), text


def gentle_value(runner: Runner, state: Run, setting: str) -> str:
    """Return the value of a setting with which the loss falls furthest from this state, as far as
    there is time to try; the gentlest, if the loss falls with none.
    """
    clock, pace = runner.resources.clock, Pace()
    end = clock.now() + TRIAL_SECONDS
    texts, last = gentler_texts(state, setting), trial_end(state)
    start = lowest = compute_losses(state)[0]
    best = texts[-1]
    for text in texts:
        trial = apply_command(state, NewSetting(name=setting, text=text))
        while trial.step < last and not (trial.diverged or trial.stopped) and clock.now() < end:
            trial = runner.compute(pace.advance_slice, trial, last - trial.step)
        loss = compute_losses(trial)[0]
        if not trial.diverged and trial.step > state.step and loss < lowest:
            lowest, best = loss, text
        elif lowest < CLEAR_GAIN * start or clock.now() > end:
            break
    return best
