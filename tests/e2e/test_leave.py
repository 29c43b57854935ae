"""What a run leaves as: each file taken, opened, and held against the page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visit
from tests.e2e.test_network import drawn, press
from tests.waiting import until

LEAVE = "/network?hidden=4,3&samples=40&panel=export"


def download_of(page: Page, role: str, name: str, folder: Path) -> Path:
    """The file that a link or a button gives."""
    with page.expect_download() as download:
        page.get_by_role(role, name=name, exact=True).click()  # type: ignore[arg-type]
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def test_weights_go_out_and_come_back_in(visit: Visit, tmp_path: Path) -> None:
    page = visit(LEAVE)
    drawn(page)
    press(page, "Step")
    expect(page.locator("#step-out")).to_have_text("1")
    file = download_of(page, "link", "Weights (JSON)", tmp_path)
    assert [len(layer["biases"]) for layer in json.loads(file.read_text())["layers"]] == [4, 3, 1]
    before = page.evaluate("plotted('surface', 0, 'z')")
    press(page, "Reset")
    until(page, "(before) => plotted('surface', 0, 'z') !== before", arg=before)
    page.get_by_label("Load weights").set_input_files(file)
    expect(page.locator("#copy-status")).to_contain_text("31 weights and biases loaded")
    until(page, "(before) => plotted('surface', 0, 'z') === before", arg=before)
    expect(page.get_by_text("The settings do not contain 1 edit")).to_be_visible()
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    page.get_by_label("Load weights").set_input_files(broken)
    expect(page.locator("#copy-status")).not_to_contain_text("loaded")


@pytest.mark.parametrize(
    ("name", "holds"),
    [("Data (CSV)", "x1,x2,target"), ("NumPy", "import numpy as np"), ("PyTorch", "import torch"),
     ("micrograd", "from micrograd"), ("Notebook", '"nbformat": 4')],
)  # fmt: skip
def test_every_file_is_there_before_a_run_and_after(
    visit: Visit, tmp_path: Path, name: str, holds: str
) -> None:
    page = visit(LEAVE)
    link = page.get_by_role("link", name=re.compile(re.escape(name)))
    label = link.inner_text()
    assert holds in download_of(page, "link", label, tmp_path).read_text()
    press(page, "Step")
    page.wait_for_url(re.compile("run="))
    assert holds in download_of(page, "link", label, tmp_path).read_text()


def test_a_replay_plays_from_a_file_without_a_network(visit: Visit, tmp_path: Path) -> None:
    page = visit(LEAVE, has_handlers=True)
    press(page, "Play")
    until(page, "+document.getElementById('step-out').textContent > 60")
    press(page, "Pause")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    file = download_of(page, "link", "Replay (HTML)", tmp_path)
    assert file.stat().st_size < 400_000
    page.context.set_offline(True)
    page.goto(file.as_uri())
    step = page.locator("#step")
    expect(step).to_have_text("0")
    first = page.evaluate("document.getElementById('surface').toDataURL()")
    page.get_by_role("button", name="Play").click()
    expect(step).not_to_have_text("0")
    until(page, "(first) => document.getElementById('surface').toDataURL() !== first", arg=first)
    page.get_by_label("Frame").fill("0")
    expect(step).to_have_text("0")
    expect(page.locator("#train")).to_have_text(re.compile(r"^\d"))


PICTURES = {
    "Surface": {"Decision surface with the samples on it", "class 1", "class 2, test", "x1", "x2"},
    "Loss": {"Loss by step, for training and test samples", "training", "test", "step"},
    "Network": {"x1", "x2", "above 0", "below 0"},
}
"""Texts without which nobody can read these pictures."""


def test_pictures_are_files_that_can_be_read_without_the_page(visit: Visit, tmp_path: Path) -> None:
    page = visit(LEAVE)
    drawn(page)
    for plot, texts in PICTURES.items():
        file = download_of(page, "button", f"{plot} as SVG", tmp_path)
        written = set(re.findall(r">([^<>]+)</t(?:ext|span)>", file.read_text()))
        assert texts <= written, plot
        file = download_of(page, "button", f"{plot} as PNG", tmp_path)
        assert file.read_bytes().startswith(b"\x89PNG")
        assert file.stat().st_size > 3_000


def test_settings_are_copied_or_stand_selected(visit: Visit) -> None:
    page = visit(LEAVE)
    page.get_by_role("button", name="Copy link to these settings").click()
    expect(page.locator("#copy-status")).to_have_text(re.compile("Copied|Selected"))
    link = page.get_by_label("Link to these settings").input_value()
    other = visit(link)
    expect(other.get_by_label("Hidden layers")).to_have_value("4,3")
