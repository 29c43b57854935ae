"""`python -m tests`: finds or installs a Chromium, then runs the whole suite, what needs the
machine for itself at the end. Arguments go to pytest. The short forms of the longer measurements
are `python -m pytest -m measurement`.
"""

from __future__ import annotations

import sys

import pytest
from playwright.sync_api import sync_playwright

from engine.compiler import native_backend
from tests.browser import BrowserMissingError, chromium

try:
    with sync_playwright() as playwright:
        print(f"Browser: {chromium(playwright, install=True)}", flush=True)
except BrowserMissingError as error:
    sys.exit(str(error))
print(
    f"Backend: {native_backend.best()}", flush=True
)  # compiled once, before workers that each need it
together = pytest.main(
    ["-n", "2", "--dist", "worksteal", "-m", "not (alone or measurement)", *sys.argv[1:]]
)
alone = pytest.main(["-m", "alone", *sys.argv[1:]])
sys.exit(together or (alone if alone != pytest.ExitCode.NO_TESTS_COLLECTED else 0))
