"""A run as a resource: commands and their refusals, with and without htmx."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from playground.messages import network as messages

HTMX = {"HX-Request": "true"}
SMALL = {"hidden": "2", "samples": "20"}


def summary(client: FlaskClient, run: str) -> dict[str, object]:
    answer: dict[str, object] = client.get(run, headers={"Accept": "application/json"}).get_json()
    return answer


@pytest.fixture
def run(client: FlaskClient) -> str:
    """The address of a run at step 1."""
    response = client.post("/runs", data=SMALL | {"then": "step"})
    return response.headers["Location"].partition("?")[0]


@pytest.mark.parametrize(
    ("path", "fields", "message"),
    [
        ("seek", {"step": "x"}, messages.STEP_IS_A_NUMBER),
        ("speed", {"speed": "light"}, ""),
        ("change", {"name": "hidden", "hidden": "3"}, "hidden cannot be changed during training."),
        ("weight", {"place": "-1", "value": "0"}, "place: "),
        ("weight", {"place": "99", "value": "0"}, ""),
        ("data", {"how": "add", "at": "x,1"}, "x1: Write a number"),
        ("data", {"how": "erase", "index": "99"}, ""),
    ],
)
def test_a_command_that_is_not_possible_says_why(
    client: FlaskClient, run: str, path: str, fields: dict[str, str], message: str
) -> None:
    response = client.post(f"{run}/{path}", data=fields, headers=HTMX)
    assert response.status_code == 422
    assert message in response.text
    assert summary(client, run)["step"] == 1


def test_a_wrong_value_comes_back_with_the_form(client: FlaskClient, run: str) -> None:
    response = client.post(f"{run}/change", data={"name": "rate", "rate": "-1"}, headers=HTMX)
    assert response.status_code == 422
    assert 'id="error-rate"' in response.text
    assert client.post("/runs", data={"rate": "-1"}, headers=HTMX).status_code == 422
    assert client.post("/runs", data={"rate": "-1"}).get_json()["errors"]["rate"]


def test_an_earlier_step_goes_on_as_a_branch(client: FlaskClient, run: str) -> None:
    client.post(f"{run}/step")
    client.post(f"{run}/seek", data={"step": "1"})
    response = client.post(f"{run}/step", headers=HTMX)
    assert response.headers["HX-Retarget"] == "#lab"
    assert "run=" in response.headers["HX-Push-Url"]
    assert summary(client, run)["step"] == 2


def test_changes_are_made_while_the_run_goes_on(client: FlaskClient, run: str) -> None:
    assert client.post(f"{run}/change", data={"name": "rate", "rate": "0.3"}).status_code == 303
    assert client.post(f"{run}/weight", data={"place": "0", "value": "0.5"}).status_code == 303
    added = client.post(f"{run}/data", data={"how": "add", "at": "0.1,0.2", "target": "1"})
    assert added.status_code == 303
    assert client.get(f"{run}/data.csv").text.count("\n") == 22
    page = client.post(f"{run}/view", data={"page": "p", "panel": "export"}, headers=HTMX).text
    assert "Learning rate 0.3 at step 1; a weight changed by hand; a point added" in page
    client.post(f"{run}/data", data={"how": "undo"})
    assert client.get(f"{run}/data.csv").text.count("\n") == 21
    for path in ("play", "pause", "reset"):
        assert client.post(f"{run}/{path}").status_code == 303
    assert client.get(f"{run}/graph").status_code == 302


@pytest.mark.parametrize("theme", ["light", "dark", "projector"])
def test_a_theme_is_stored_in_a_cookie(client: FlaskClient, theme: str) -> None:
    assert client.post("/theme", data={"theme": theme}, headers=HTMX).status_code == 204
    assert f'data-theme="{theme}"' in client.get("/").text
    assert client.post("/theme", data={"theme": theme}).status_code == 303
    assert client.post("/theme", data={"theme": "none"}).status_code == 422
