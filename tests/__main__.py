"""Run the whole suite: `python -m tests [--install] [--coverage] [arguments of pytest]`.

Tests run side by side, then those marked `alone`, which need the machine for themselves. The short
forms of the longer measurements are not part of it: `python -m pytest -m measurement`.

--install   install what is missing (Chromium, Redis, PostgreSQL) with your package manager
--coverage  print which share of the lines the unit tests run, and fail below the bounds
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import pytest
from playwright.sync_api import sync_playwright

from engine.compiler import native_backend
from tests import coverage
from tests.browser import BrowserMissingError, chromium
from tests.install import FLAG

WORKERS = str(2 * (os.cpu_count() or 1))
"""Processes that run tests: more than processors, since many tests wait for a server or a page."""
TOGETHER = ["-n", WORKERS, "--dist", "worksteal", "-m", "not (alone or measurement)"]
ALONE = ["-m", "alone"]
NO_TESTS = pytest.ExitCode.NO_TESTS_COLLECTED


def main(arguments: list[str]) -> int:
    """Run the suite and return its exit code; 5 if the arguments select no test at all."""
    with_coverage = "--coverage" in arguments
    if "--install" in arguments:
        os.environ[FLAG] = "1"
    arguments = [text for text in arguments if text not in ("--install", "--coverage")]
    try:
        with sync_playwright() as playwright:
            print(f"Browser: {chromium(playwright)}", flush=True)
    except BrowserMissingError as error:
        print(error)
        return 1
    # Compiled once here, since every worker process needs it.
    print(f"Backend: {native_backend.best()}", flush=True)
    codes = []
    if with_coverage:
        codes.append(_run_together(arguments, coverage.OPTIONS))
        codes.append(_run_together(arguments, coverage.REST))
    else:
        codes.append(_run_together(arguments))
    codes.append(pytest.main([*ALONE, *arguments]))
    if with_coverage and not coverage.report():
        codes.append(1)
    return exit_code(codes)


def exit_code(codes: Sequence[int]) -> int:
    """Return the exit code of several runs of pytest: the first failure, 5 if none had a test."""
    failures = [int(code) for code in codes if code not in (pytest.ExitCode.OK, NO_TESTS)]
    if failures:
        return failures[0]
    return int(NO_TESTS) if all(code == NO_TESTS for code in codes) else 0


def _run_together(arguments: list[str], selection: Sequence[str] = ()) -> int:
    """Run tests side by side. What fails beside others runs once more without them, and counts as
    failed only if it fails again; the output names it either way.
    """
    code = pytest.main([*TOGETHER, *selection, *arguments])
    if code != pytest.ExitCode.TESTS_FAILED:
        return int(code)
    print("\nThe tests above failed beside others. They run once more without them.", flush=True)
    return int(pytest.main(["--last-failed", *TOGETHER[-2:], *arguments]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
