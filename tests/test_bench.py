"""The bench itself: who reads its figures relies on what it compares and on their form."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.value import sort_topologically
from tests.bench import jobs

ROOT = Path(__file__).parents[1]


@pytest.mark.measurement
def test_the_short_form_tells_every_job_s_rates_and_limit_as_json() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--short", "--json", "--rounds", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    report = json.loads(ran.stdout)
    assert [job["name"] for job in report["jobs"]] == [job.name for job in jobs.FIVE]
    for job in report["jobs"]:
        assert {"name", "engine", "peers", "limit"} <= set(job)
        assert job["engine"] > 0
        assert job["peers"]["numpy"] > 0
        assert job["limit"] > job["engine"]
    there = report["jobs"][0]["peers"]
    assert len(there) + len(report["left_out"]) == 5, "a peer is measured or left out by name"


@pytest.mark.parametrize(
    ("name", "steps"), [("2-16-16-1", 384_000), ("2-8x6-1", 58_200), ("2-64-64-1", 8_310)]
)
def test_the_limit_is_that_of_the_design(name: str, steps: float) -> None:
    (job,) = jobs.named([name])
    assert job.limit(67e9, 2.55e9) == pytest.approx(steps, rel=0.01)


def test_the_formula_has_40_operations() -> None:
    loss, _, _ = jobs.Wavelets().graph()
    assert sum(node.op is not None for node in sort_topologically(loss)) == 40
