"""Every page in a browser that enforces its security policy: nothing violates it."""

from __future__ import annotations

from pathlib import Path

from playground.app import create_app
from playground.http.services import services_of
from playground.panels import PANELS
from playground.settings import Deployment
from tests.e2e.conftest import Visit

REPORT_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`refused: ${event.violatedDirective} ${event.blockedURI}`));"""
"""A violation is written to the console, where it fails the test, even if it is only reported."""


def paths(tmp_path: Path, run: str, sweep: str) -> list[str]:
    """Return the addresses of all GET routes of one visitor, without the streams."""
    app = create_app(Deployment(data=tmp_path))
    services_of(app).runner.stop()
    arguments = {
        "id": run,
        "name": "numpy",
        "slug": "lecture",
        "number": 1,
        "filename": "js/theme.js",
    }
    addresses = []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule.endswith("/events"):
            continue
        values = {name: arguments.get(name, "none") for name in rule.arguments}
        if rule.endpoint.startswith("sweeps."):
            values = dict.fromkeys(rule.arguments, sweep)
        addresses.append(app.url_map.bind("localhost").build(rule.endpoint, values))
    return addresses


def test_no_page_violates_its_security_policy(visit: Visit, tmp_path: Path) -> None:
    page = visit("/network?hidden=3&samples=30&then=play", has_handlers=True)
    page.add_init_script(REPORT_VIOLATIONS)
    client = page.request
    settings = {"hidden": "3", "samples": "30", "speed": "10", "then": "play"}
    run = client.post("runs", form=settings, max_redirects=0).headers["location"]
    form = settings | {"first": "seed", "first_values": "0, 1", "steps": "20"}
    sweep = client.post("sweeps", form=form, max_redirects=0).headers["location"]
    pages = 0
    for path in paths(tmp_path, run.partition("?")[0].rpartition("/")[2], sweep.rpartition("/")[2]):
        answer = client.get(path.removeprefix("/"))
        if "text/html" in answer.headers["content-type"]:
            page.goto(path)
            pages += 1
    assert pages > 12
    for panel in PANELS:
        page.goto(f"/network?hidden=3&samples=30&panel={panel}")
        page.locator("#surface .main-svg").first.wait_for(state="attached")
