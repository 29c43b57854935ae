"""Every page in a browser that is told what to refuse: it has nothing to refuse."""

from __future__ import annotations

from pathlib import Path

from playground.app import create_app
from playground.http.services import services_of
from playground.lessons import LESSONS
from playground.panels import PANELS
from playground.settings import Deployment
from tests.e2e.conftest import Visit

TELL = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`refused: ${event.violatedDirective} ${event.blockedURI}`));"""
"""A violation is written to the console, where it fails the test, even if it is only reported."""


def paths(tmp_path: Path, run: str, sweep: str) -> list[str]:
    """The addresses of all GET routes that one visitor can see; streams are what pages open."""
    app = create_app(Deployment(data=tmp_path))
    services_of(app).runner.stop()
    given = {
        "id": run,
        "name": "numpy",
        "slug": next(iter(LESSONS)),
        "number": 1,
        "filename": "js/theme.js",
    }
    found = []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule.endswith("/events"):
            continue
        values = {name: given.get(name, "none") for name in rule.arguments}
        if rule.endpoint.startswith("sweeps."):
            values = dict.fromkeys(rule.arguments, sweep)
        found.append(app.url_map.bind("localhost").build(rule.endpoint, values))
    return found


def test_no_page_asks_for_what_its_policy_refuses(visit: Visit, tmp_path: Path) -> None:
    page = visit("/network?hidden=3&samples=30&then=play")
    page.add_init_script(TELL)
    asked = page.request
    settings = {"hidden": "3", "samples": "30", "speed": "10", "then": "play"}
    run = asked.post("runs", form=settings, max_redirects=0).headers["location"]
    form = settings | {"first": "seed", "first_values": "0, 1", "steps": "20"}
    sweep = asked.post("sweeps", form=form, max_redirects=0).headers["location"]
    seen = 0
    for path in paths(tmp_path, run.partition("?")[0].rpartition("/")[2], sweep.rpartition("/")[2]):
        answer = asked.get(path.removeprefix("/"))
        if "text/html" in answer.headers["content-type"]:
            page.goto(path)
            seen += 1
    assert seen > 12
    for panel in PANELS:
        page.goto(f"/network?hidden=3&samples=30&panel={panel}")
        page.locator("#surface .main-svg").first.wait_for(state="attached")
