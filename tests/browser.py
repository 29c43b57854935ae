"""The Chromium that the end-to-end tests drive: whichever there is, or one from the package
manager.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from playwright.sync_api import Playwright

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
INSTALLERS = {
    "apt-get": [["apt-get", "update"], ["apt-get", "install", "-y", "chromium"]],
    "dnf": [["dnf", "install", "-y", "chromium"]],
    "pacman": [["pacman", "-S", "--noconfirm", "chromium"]],
    "apk": [["apk", "add", "chromium"]],
}
ARGUMENTS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class BrowserMissingError(RuntimeError):
    """There is no Chromium, and what to do about it."""


def arguments() -> list[str]:
    """What Chromium is started with; as root it has no sandbox."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*ARGUMENTS, "--no-sandbox"] if root else ARGUMENTS


def chromium(playwright: Playwright, install: bool = False) -> str:
    """The path of a Chromium or Chrome. Raises BrowserMissingError where there is none."""
    found = _found(playwright)
    if found is None and install:
        _install()
        found = _found(playwright)
    if found is None:
        raise BrowserMissingError(
            "The end-to-end tests need Chromium or Chrome, and none was found. Install one, with\n"
            "  sudo apt-get install chromium      (Debian, Ubuntu)\n"
            "  sudo dnf install chromium          (Fedora)\n"
            "  brew install --cask chromium       (macOS)\n"
            "  winget install Google.Chrome       (Windows)\n"
            "or run the tests without it: python -m pytest --ignore tests/e2e"
        )
    return found


def _found(playwright: Playwright) -> str | None:
    own = playwright.chromium.executable_path
    candidates = [own, *(shutil.which(name) for name in COMMANDS), *PLACES]
    return next((path for path in candidates if path and Path(path).exists()), None)


def _install() -> None:
    manager = next((name for name in INSTALLERS if shutil.which(name)), None)
    if manager is None:
        return
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    prefix = [] if root else ["sudo", "-n"]
    if not root and not shutil.which("sudo"):
        return
    print(f"No Chromium found; installing one with {manager}", flush=True)
    for command in INSTALLERS[manager]:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run([*prefix, *command], env=environment, check=False)
