"""Where the files of the program are, in a checkout and when it is installed."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parent
ROOT = PACKAGE if (PACKAGE / "templates").exists() else PACKAGE.parent
"""The folder of templates/ and static/: the package when installed, its parent in a checkout."""
