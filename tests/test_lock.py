"""The locks of Python's packages belong to pyproject.toml, and name no index."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
IMAGE = [
    *PROJECT["project"]["dependencies"],
    *PROJECT["project"]["optional-dependencies"]["hosted"],
]
DEVELOPMENT = [*IMAGE, *PROJECT["dependency-groups"]["dev"]]
LOCKS = {"requirements.lock": IMAGE, ".ci/requirements.lock": DEVELOPMENT}


@pytest.mark.parametrize("file", LOCKS)
def test_every_dependency_is_locked_in_a_version_that_fits(file: str) -> None:
    pins = re.findall(r"^([\w.\-]+)==([\w.]+)", (ROOT / file).read_text(), re.MULTILINE)
    versions = {canonicalize_name(name): version for name, version in pins}
    for requirement in map(Requirement, LOCKS[file]):
        name = canonicalize_name(requirement.name)
        if name != "backprop-playground":
            assert name in versions, f"{name} is not locked: run .ci/lock"
            assert versions[name] in requirement.specifier, f"{name} is too old: run .ci/lock"


@pytest.mark.parametrize("file", LOCKS)
def test_every_package_is_held_by_its_hash_and_no_index_is_named(file: str) -> None:
    text = (ROOT / file).read_text()
    entries = re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
