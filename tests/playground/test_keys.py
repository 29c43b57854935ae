"""The table of keys, and the pages that are made from it."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from playground.keys import KEYS, keys_of, page_of, shortcut, tip

PAGES = {"home": "/", "expression": "/expression", "network": "/network"}
NATIVE = {"close"}
"""What the browser itself does."""


def test_no_key_means_two_things_on_a_page() -> None:
    for page in PAGES:
        keys = [key.key.lower() for key in keys_of(page)]
        assert len(keys) == len(set(keys)), page


def test_every_key_is_somewhere_and_named_once() -> None:
    assert len({key.name for key in KEYS}) == len(KEYS)
    assert all(any(key.on(page) for page in PAGES) for key in KEYS)


@pytest.mark.parametrize(("page", "path"), PAGES.items())
def test_every_key_of_a_page_has_its_button_and_no_other_key_has(
    client: FlaskClient, page: str, path: str
) -> None:
    text = client.get(path).get_data(as_text=True)
    on_page = {key for keys in re.findall(r'data-key="([^"]+)"', text) for key in keys.split()}
    on_page |= set(re.findall(r'data-focus-key="([^"]+)"', text))
    expected = {key.key.lower().replace(" ", "space") for key in keys_of(page)
              if key.name not in NATIVE}  # fmt: skip
    assert on_page == expected
    for element in re.findall(r"<(?:button|input)[^>]*data-(?:focus-)?key=[^>]*>", text):
        assert "aria-keyshortcuts=" in element


@pytest.mark.parametrize(("page", "path"), PAGES.items())
def test_the_help_lists_exactly_the_table(client: FlaskClient, page: str, path: str) -> None:
    text = client.get(path).get_data(as_text=True)
    rows = re.findall(r"<kbd>([^<]+)</kbd></th><td>([^<]+)</td>", text)
    assert rows == [(key.label, key.on(page)) for key in keys_of(page)]


def test_buttons_say_their_keys_to_eyes_and_to_screen_readers() -> None:
    assert shortcut("first", "reset") == 'data-key="home r" aria-keyshortcuts="Home R"'
    assert shortcut("play") == 'data-key="space" aria-keyshortcuts="Space"'
    assert tip("first", "reset") == "(Home, R)"


def test_a_runs_page_has_the_network_labs_keys() -> None:
    assert page_of("runs") == "network"
    assert page_of(None) == ""
    assert [key.name for key in keys_of("")] == [key.name for key in KEYS if "" in key.does]


@pytest.mark.parametrize("how", ["shown", "hidden"])
def test_controls_stay_as_they_were_left(client: FlaskClient, how: str) -> None:
    client.set_cookie("controls", how)
    assert f'data-controls="{how}"' in client.get("/network").get_data(as_text=True)
    client.set_cookie("controls", "<script>")
    assert 'data-controls=""' in client.get("/network").get_data(as_text=True)
    client.set_cookie("controls", how)
    client.post("/theme", data={"theme": "dark"})
    assert 'data-controls=""' in client.get("/network").get_data(as_text=True)
