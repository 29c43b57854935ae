"""The network lab: what replaces a run, links and forms with wrong values, and ways on."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from playground.messages import network as messages
from tests.playground.pages.test_pages import figures

HTMX = {"HX-Request": "true"}
SMALL = {"hidden": "2", "samples": "20", "batch": "0"}
EXPLODING = "loss=squares&output=linear&rate=5&activation=relu"


def json_of(client: FlaskClient, run: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(run, headers={"Accept": "application/json"}).get_json()
    return answer


def begin(client: FlaskClient, **settings: str) -> str:
    """Return the address of a run at step 1."""
    response = client.post("/runs", data=SMALL | settings | {"then": "step"})
    return response.headers["Location"].partition("?")[0]


def field(answer: TestResponse, name: str) -> str:
    match = re.search(rf'id="field-{name}" name="{name}" value="([^"]*)"', answer.text)
    assert match
    return match[1]


def undo(client: FlaskClient, answer: TestResponse) -> TestResponse:
    """Press the Undo beside the message about the run that was kept."""
    match = re.search(r'hx-post="([^"]*/return)" hx-vals=\'([^\']*)\'', answer.text)
    assert match
    instead = re.search(r'"instead":"([^"]*)"', unescape(match[2]).replace(" ", ""))
    assert instead
    return client.post(match[1], data={"instead": instead[1]}, headers=HTMX)


def test_a_reset_shows_the_settings_of_the_start_and_keeps_what_was_trained(
    client: FlaskClient,
) -> None:
    run = begin(client)
    answer = client.post(f"{run}/change", data={"name": "rate", "rate": "0.001"}, headers=HTMX)
    assert field(answer, "rate") == "0.001"
    trained = json_of(client, run)
    answer = client.post(f"{run}/reset", headers=HTMX)
    assert field(answer, "rate") == "0.1"
    assert "Learning rate 0.1." in answer.text
    assert "The run at step 1 is kept in My runs." in answer.text
    assert json_of(client, run)["step"] == 0
    back = undo(client, answer)
    assert field(back, "rate") == "0.001"
    address = back.headers["HX-Replace-Url"]
    state = json_of(client, f"/runs/{address.rpartition('run=')[2]}")
    assert {key: state[key] for key in ("step", "loss", "now")} == {
        key: trained[key] for key in ("step", "loss", "now")
    }
    assert client.get(run).status_code == 404, "the empty run is gone"


def test_a_second_reset_replaces_what_the_first_one_kept_unless_it_was_used(
    client: FlaskClient,
) -> None:
    run = begin(client)
    client.post(f"{run}/reset")
    for _ in range(3):
        client.post(f"{run}/step")
        client.post(f"{run}/reset")
    assert client.get("/runs").text.count('class="panel run"') == 2


def test_a_reset_of_nothing_says_nothing(client: FlaskClient) -> None:
    run = client.post("/runs", data=SMALL).headers["Location"].partition("?")[0]
    assert 'hx-target="#former"' not in client.post(f"{run}/reset", headers=HTMX).text
    assert client.get("/runs").text.count('class="panel run"') == 1


def test_other_layers_begin_a_new_run_and_keep_the_old_one(client: FlaskClient) -> None:
    run = begin(client)
    id = run.rpartition("/")[2]
    headers = HTMX | {"HX-Current-URL": f"http://localhost/network?hidden=2&run={id}"}
    answer = client.get("/network?hidden=3&samples=20&batch=0", headers=headers)
    assert "The run at step 1 is kept in My runs." in answer.text
    back = undo(client, answer)
    assert back.headers["HX-Replace-Url"].endswith(f"run={id}")
    assert re.search(r'id="step-out"[^>]*>1<', back.text)


@pytest.mark.parametrize(
    ("query", "value", "sentence"),
    [
        ("l2=10", ("l2", "1"), "L2: this page opens with 1 instead of 10. Must be at most 1."),
        ("rate=-3", ("rate", "0.001"), "Must be greater than 0."),
        ("hidden=8,900", ("hidden", "8,64"), "opens with 8,64 instead of 8,900"),
        ("samples=1000000", ("samples", "5000"), "Must be at most 5,000."),
        ("seed=-1", ("seed", "0"), "Must be at least 0."),
        ("beta1=1&optimizer=adam", ("beta1", "0.99"), "Must be less than 1."),
    ],
)
def test_a_link_opens_with_the_nearest_allowed_value_and_says_so(
    client: FlaskClient, query: str, value: tuple[str, str], sentence: str
) -> None:
    answer = client.get(f"/network?{query}&noise=0.2")
    assert answer.status_code == 200
    assert field(answer, value[0]) == value[1]
    assert field(answer, "noise") == "0.2"
    assert sentence in answer.text
    assert f"{value[0]}={value[1]}" in unescape(answer.text.partition("data-address=")[2][:900])


def test_embeds_open_with_the_nearest_allowed_value_too(client: FlaskClient) -> None:
    answer = client.get("/network?embed=surface&hidden=8,900")
    assert answer.status_code == 200
    assert "opens with 8,64 instead of 8,900" in answer.text


def test_a_seek_keeps_the_later_losses_on_the_same_axes(client: FlaskClient) -> None:
    run = begin(client)
    for _ in range(9):
        client.post(f"{run}/step")
    whole = figures(client.get(run).text)["loss"]
    client.post(f"{run}/seek", data={"step": "3"})
    past = figures(client.get(run).text)["loss"]
    names = [trace["name"] for trace in past["data"]]
    assert names == ["training", "test", "training, later", "test, later"]
    assert past["layout"]["xaxis"] == whole["layout"]["xaxis"]
    assert past["layout"]["yaxis"] == whole["layout"]["yaxis"]
    assert all(trace["opacity"] < 0.5 for trace in past["data"][2:])


def test_an_edit_of_the_data_takes_the_bars_away_when_they_are_too_many(
    client: FlaskClient,
) -> None:
    run = begin(client, dataset="points", samples="4", loss="squares", test="0")
    for number in range(9):
        point = {"how": "add", "at": f"{number / 10},0.2,0.1", "target": "1"}
        answer = client.post(f"{run}/data", data=point, headers=HTMX)
        assert ('data-figure="bars"' in answer.text) == (5 + number <= 12)


def test_one_wrong_field_lets_the_others_act_and_is_said_beside_play(client: FlaskClient) -> None:
    headers = HTMX | {"HX-Current-URL": "http://localhost/network?hidden=2"}
    answer = client.get("/network?hidden=2&l2=10", headers=headers)
    assert answer.status_code == 422
    answer = client.get("/network?hidden=3&l2=10", headers=headers)
    assert answer.status_code == 200
    assert "2 – 3 – 1" in answer.text
    assert 'id="error-l2"' in answer.text
    assert 'hx-target="#refused"' in answer.text
    assert 'data-field="l2"' in client.post("/runs", data={"l2": "10"}, headers=HTMX).text


def diverged(client: FlaskClient) -> str:
    fields = dict(pair.split("=") for pair in EXPLODING.split("&"))
    run = begin(client, **fields | {"hidden": "8,8", "samples": "200"})
    for _ in range(200):
        if json_of(client, run)["diverged"]:
            return run
        client.post(f"{run}/step")
    raise AssertionError("it trains on")


@pytest.mark.parametrize("way", [{"setting": "rate"}, {"setting": "clip"}])
@pytest.mark.parametrize("start", ["", "good"])
def test_every_way_on_after_divergence_leads_on(
    client: FlaskClient, way: dict[str, str], start: str
) -> None:
    run = diverged(client)
    page = client.get(run).text
    assert 'hx-post="' + run + '/way-on"' in page
    answer = client.post(f"{run}/way-on", data=way | {"from": start})
    other = answer.headers["Location"]
    client.post(f"{other}/pause")
    before = json_of(client, other)
    client.post(f"{other}/play")
    for _ in range(30):
        client.post(f"{other}/step")
    after = json_of(client, other)
    assert after["step"] >= before["step"] + 30
    assert not after["diverged"]
    assert after["loss"]["train"] < 1e3
    assert json_of(client, run)["diverged"], "the run that diverged is kept"


def test_a_run_that_was_good_for_a_while_goes_back_to_there(client: FlaskClient) -> None:
    fields = dict(pair.split("=") for pair in EXPLODING.split("&"))
    run = begin(client, **fields | {"hidden": "8,8", "samples": "200", "rate": "0.0001"})
    for _ in range(19):
        client.post(f"{run}/step")
    client.post(f"{run}/change", data={"name": "rate", "rate": "5"})
    while not json_of(client, run)["diverged"]:
        client.post(f"{run}/step")
    match = re.search(r"Back to step (\d+), with a smaller rate", client.get(run).text)
    assert match
    assert int(match[1]) >= 19
    other = client.post(f"{run}/way-on", data={"setting": "rate", "from": "good"})
    client.post(f"{other.headers['Location']}/pause")
    state = json_of(client, other.headers["Location"])
    assert state["step"] >= int(match[1])
    assert (state["diverged"], state["settings"]["rate"]) == (False, "0.0001")
    assert float(state["now"]["rate"]) < 5


def test_a_smaller_rate_after_divergence_continues_from_the_last_good_step(
    client: FlaskClient,
) -> None:
    run = diverged(client)
    fields = {"name": "rate", "rate": "0.0001"}
    answer = client.post(f"{run}/change", data=fields, headers=HTMX)
    assert "The run continues from step" in answer.text
    other = f"/runs/{answer.headers['HX-Push-Url'].rpartition('run=')[2]}"
    for _ in range(30):
        client.post(f"{other}/step")
    assert not json_of(client, other)["diverged"]


def test_pressing_set_alone_changes_no_weight(client: FlaskClient) -> None:
    run = begin(client)
    answer = client.post(f"{run}/step", headers=HTMX)
    match = re.search(r'name="before" value="([^"]*)"', answer.text)
    assert match
    fields = {"place": "0", "value": match[1], "before": match[1]}
    refused = client.post(f"{run}/weight", data=fields, headers=HTMX)
    assert (refused.status_code, messages.SAME_WEIGHT in refused.text) == (422, True)
    client.post(f"{run}/weight", data=fields | {"value": "0.5"})
    assert 'name="before" value="0.5"' in client.get(run).text
