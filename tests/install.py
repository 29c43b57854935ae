"""Programs that the tests need beside Python's packages, and how to get them.

Nothing is installed on a person's machine by itself: `python -m tests --install` says which command
it runs, and runs it. Without that flag the tests say what is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess

FLAG = "PLAYGROUND_TESTS_INSTALL"
"""The environment variable by which `--install` reaches the processes that run the tests."""
COMMANDS = {
    "apt-get": [["apt-get", "update"], ["apt-get", "install", "-y"]],
    "dnf": [["dnf", "install", "-y"]],
    "pacman": [["pacman", "-S", "--noconfirm"]],
    "apk": [["apk", "add"]],
}
"""What each package manager runs; the packages follow the last command."""


def may_install() -> bool:
    """Whether the person, or CI, asked for missing programs to be installed."""
    return bool(os.environ.get(FLAG))


def install(*packages: str) -> None:
    """Install packages with the package manager of this machine, and say so first.

    Do nothing without a package manager, or without the rights to use it.
    """
    manager = next((name for name in COMMANDS if shutil.which(name)), None)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if manager is None or not (is_root or shutil.which("sudo")):
        return
    *preparations, installation = COMMANDS[manager]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (*preparations, [*installation, *packages]):
        line = command if is_root else ["sudo", "-n", *command]
        print(f"Running: {' '.join(line)}", flush=True)
        subprocess.run(line, env=environment, check=False, stdout=subprocess.DEVNULL)
