"""The ways on that the page offers after a run has diverged. Gentler settings are tried first, so
that each way leads on.
"""

from __future__ import annotations

from engine.training.apply_command import apply_command
from engine.training.commands import NewSetting
from engine.training.divergence import TRIAL_STEPS, gentler_texts, last_good_step, works
from engine.training.run import Run, begin
from engine.training.settings_parser import parse_settings
from playground.runner.live_run import LiveRun
from playground.runner.runner import Runner
from playground.runner.scheduling.pace import Pace

TRIAL_SECONDS = 1.5
"""Maximum length of all trials together, in seconds."""


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
    """Return the boldest value of a setting with which the loss does not grow from this state, as
    far as there is time to try; else the gentlest.
    """
    clock = runner.resources.clock
    end = clock.now() + TRIAL_SECONDS
    texts = gentler_texts(state, setting)
    for text in texts:
        trial = apply_command(state, NewSetting(name=setting, text=text))
        pace, last = Pace(), state.step + TRIAL_STEPS
        while trial.step < last and not (trial.diverged or trial.stopped) and clock.now() < end:
            trial = runner.compute(pace.advance_slice, trial, last - trial.step)
        if works(state, trial):
            return text
    return texts[-1]
