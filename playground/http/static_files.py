"""Static files: an address changes when a file changes, so browsers may keep files for a year.

The version stands in the path, before the file's own name: `/static/v-0123456789ab/css/base.css`.
Modules import each other by relative addresses, which keep the version of the page's module; all of
`static/js` therefore has one version. No import map is needed, which would be an inline script.
A version that is not the file's own is answered too, but not kept: it comes from a page of another
release, while servers are being replaced.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, Response, send_from_directory

MODULES = "js/"
"""The folder whose files have one version."""

VERSIONED = re.compile(r"(v-[0-9a-f]{12})/(.+)")
IMPORT = re.compile(r'^import (?:.* from )?"(\.[^"]+)";$', re.MULTILINE)


def init_static_files(app: Flask) -> None:
    """Serve the static files, and let templates name a page's modules.

    Files are read once a process, as templates are.
    """
    folder = Path(app.static_folder or "").resolve()
    version = lru_cache(maxsize=256)(partial(file_version, folder))
    modules = lru_cache(maxsize=16)(partial(page_modules, folder))

    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values["filename"] = f"{version(values['filename'])}/{values['filename']}"

    def send(filename: str) -> Response:
        match = VERSIONED.fullmatch(filename)
        name = match[2] if match else filename
        response = send_from_directory(folder, name)
        if not match:
            response.headers["Cache-Control"] = "no-cache"
        elif match[1] != version(name):
            response.headers["Cache-Control"] = "no-store"
        return response

    app.url_defaults(add_version)
    app.view_functions["static"] = send
    app.add_template_global(modules, "modules")


def file_version(folder: Path, name: str) -> str:
    """Return the version of a file, `v-` and 12 hexadecimal digits of a hash of its contents."""
    paths = (
        sorted((folder / MODULES).rglob("*.js")) if name.startswith(MODULES) else [folder / name]
    )
    contents = sha256()
    for path in paths:
        contents.update(sha256(path.read_bytes()).digest())
    return f"v-{contents.hexdigest()[:12]}"


def page_modules(folder: Path, *entries: str) -> list[str]:
    """Return the files of a page's modules and of all that these import, so that a browser fetches
    them together and not one level of imports after the other.
    """
    names: list[str] = []
    waiting = [folder / MODULES / f"{entry}.js" for entry in entries]
    while waiting:
        path = waiting.pop(0)
        name = path.relative_to(folder).as_posix()
        if name not in names:
            names.append(name)
            waiting += [
                (path.parent / other).resolve() for other in IMPORT.findall(path.read_text())
            ]
    return names
