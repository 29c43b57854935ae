"""Start a run from the settings of a form or an address, and open the graph of one sample."""

from __future__ import annotations

from engine.explain.folding import ALL
from engine.export.source import write_sample
from engine.script.parser import MAX_CHARACTERS
from engine.training.run import Run, begin
from engine.training.settings import DECLARATIONS, Settings, as_text
from engine.training.settings_parser import correction, nearest_settings, parse_settings
from playground.expression.scene import scene
from playground.expression.state import Lab
from playground.http.services import Services
from playground.messages import network as messages
from playground.network.size_limits import size_errors
from playground.network.uploads import own_data


def prepare_run(services: Services, texts: dict[str, str]) -> tuple[Run | None, dict[str, str]]:
    """Return the run that these settings begin, or a message for each field that is wrong."""
    settings, errors = parse_settings(texts)
    if settings is None:
        return None, errors
    runner = services.runner
    try:
        data = own_data(settings, services.tables)
        run = runner.compute(begin, settings, runner.backend, data)
    except LookupError as error:
        return None, {"data": str(error.args[0])}
    except ValueError as error:
        return None, {"loss": str(error)}
    errors = size_errors(run, services.deployment)
    return (None, errors) if errors else (run, {})


def nearest_run(services: Services, texts: dict[str, str]) -> tuple[Run, dict[str, str]]:
    """Return the run that a link begins, with the nearest allowed value for each setting that is
    wrong; and a sentence for each of these.
    """
    settings, notes = nearest_settings(texts)
    corrected = settings.texts()
    for _ in range(len(corrected)):
        run, errors = prepare_run(services, corrected)
        if run is not None:
            return run, notes
        for name, problem in errors.items():
            value = str(services.deployment.samples) if name == "samples" else ""
            value = value or as_text(DECLARATIONS[name].default)
            notes[name] = correction(name, texts.get(name, ""), value, problem)
            corrected |= {name: value} | ({"dataset": "moons"} if name == "data" else {})
    return services.runner.compute(begin, Settings(), services.runner.backend), notes


def sample_graph(services: Services, run: Run, number: str) -> Lab:
    """Return the expression lab with the loss of one training sample, counted from 1.

    Raises ValueError, with a message for people, if there is no such sample or its graph is too
    large.
    """
    is_number = number.isascii() and number.isdecimal() and len(number) < 9
    index = int(number) - 1 if is_number else -1
    try:
        text, inputs = services.runner.compute(write_sample, run, index)
    except IndexError as error:
        message = messages.WRONG_SAMPLE.format(reason=error, number=number[:20])
        raise ValueError(message) from None
    lab = Lab(code=text, inputs=inputs, large=len(text) > MAX_CHARACTERS, folded=(ALL,))
    try:
        services.runner.compute(scene, lab)
    except ValueError as error:
        raise ValueError(messages.GRAPH_TOO_LARGE.format(reason=error)) from None
    return lab
