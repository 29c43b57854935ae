"""The Chromium or Chrome that drives the end-to-end tests, and how it is started."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.sync_api import Playwright

from tests.install import install, may_install

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATHS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
ARGUMENTS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class BrowserMissingError(RuntimeError):
    """No Chromium was found; the message says how to install one."""


def arguments() -> list[str]:
    """The arguments that Chromium is started with; as root it runs without its sandbox."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*ARGUMENTS, "--no-sandbox"] if root else ARGUMENTS


def chromium(playwright: Playwright) -> str:
    """Return the path of a Chromium or Chrome. Raises BrowserMissingError if there is none."""
    path = _first_path(playwright)
    if path is None and may_install():
        install("chromium")
        path = _first_path(playwright)
    if path is None:
        raise BrowserMissingError(
            "The end-to-end tests need Chromium or Chrome, and none was found. Run\n"
            "  python -m tests --install          (installs it with your package manager)\n"
            "or install one yourself:\n"
            "  sudo apt-get install chromium      (Debian, Ubuntu)\n"
            "  sudo dnf install chromium          (Fedora)\n"
            "  brew install --cask chromium       (macOS)\n"
            "  winget install Google.Chrome       (Windows)\n"
            "or run the tests without it: python -m pytest --ignore tests/e2e"
        )
    return path


def _first_path(playwright: Playwright) -> str | None:
    own = playwright.chromium.executable_path
    candidates = [own, *(shutil.which(name) for name in COMMANDS), *PATHS]
    return next((path for path in candidates if path and Path(path).exists()), None)
