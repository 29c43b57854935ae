"""Static files have addresses that change with them; modules fetch each other under one version."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from playground.http.static_files import init_static_files, page_modules
from playground.places import ROOT

STATIC = ROOT / "static"
YEAR = "max-age=31536000"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the modules and stylesheets, to change."""
    for name in ("js", "css"):
        shutil.copytree(STATIC / name, tmp_path / name)
    return tmp_path


def release(folder: Path) -> tuple[FlaskClient, dict[str, str]]:
    """A server of these files, and the addresses that its pages name."""
    app = Flask("release", static_folder=folder)
    init_static_files(app)
    names = ("js/contract.js", "js/figures.js", "css/base.css")
    with app.test_request_context():
        addresses = {name: app.url_for("static", filename=name) for name in names}
    return app.test_client(), addresses


def test_a_file_is_kept_for_a_year_under_its_own_version(client: FlaskClient) -> None:
    page = client.get("/network").text
    addresses = re.findall(r'(?:src|href)="(/static/[^"#]+)"', page)
    assert len(addresses) > 25
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert YEAR in answer.headers["Cache-Control"], address
        answer.close()


def test_after_an_upgrade_of_one_module_pages_name_all_modules_anew(folder: Path) -> None:
    _, before = release(folder)
    module = folder / "js" / "contract.js"
    module.write_text(module.read_text() + "// changed\n")
    client, after = release(folder)
    # figures.js did not change, but imports ./contract.js, which must not come from a cache.
    assert before["js/figures.js"] != after["js/figures.js"]
    assert before["css/base.css"] == after["css/base.css"]
    assert client.get(after["js/contract.js"]).text.endswith("// changed\n")


def test_a_page_of_another_release_is_answered_and_keeps_nothing(folder: Path) -> None:
    _, before = release(folder)
    (folder / "js" / "contract.js").write_text("// changed\n")
    client, _ = release(folder)
    answer = client.get(before["js/contract.js"])
    assert answer.text == "// changed\n"
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_address_without_a_version_is_asked_about_again(client: FlaskClient) -> None:
    answer = client.get("/static/css/base.css")
    assert answer.headers["Cache-Control"] == "no-cache"
    answer.close()


@pytest.mark.parametrize("name", ["js/nothing.js", "../pyproject.toml", "js/../../README.md"])
def test_what_is_no_static_file_is_not_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/v-0123456789ab/{name}").status_code == 404
    assert client.get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize("entry", sorted(path.stem for path in (STATIC / "js/pages").iterdir()))
def test_a_page_names_every_module_that_its_own_imports(entry: str) -> None:
    names = page_modules(STATIC, f"pages/{entry}")
    for name in names:
        text = (STATIC / name).read_text()
        assert text.startswith("// "), f"{name} does not say what it is for"
        imports = re.findall(r'^(?:import|export)\b[^;]*?"(\.[^"]+)";', text, re.MULTILINE)
        paths = [(STATIC / name).parent / path for path in imports]
        assert {path.resolve().relative_to(STATIC).as_posix() for path in paths} <= set(names)


def test_every_module_belongs_to_a_page() -> None:
    entries = [f"pages/{path.stem}" for path in (STATIC / "js/pages").iterdir()]
    files = {path.relative_to(STATIC).as_posix() for path in (STATIC / "js").rglob("*.js")}
    assert set(page_modules(STATIC, *entries)) == files
