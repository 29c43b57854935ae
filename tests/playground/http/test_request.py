"""Requests that no browser sends."""

from __future__ import annotations

from urllib.parse import quote

import gevent
import pytest
from flask.testing import FlaskClient

from playground.http.services import services_of


def test_bytes_in_a_query_that_are_not_encoded_are_read_as_text(client: FlaskClient) -> None:
    environ = {"QUERY_STRING": "code=a%3D2&x=\xff\xfe"}
    answer = client.get("/expression", environ_overrides=environ)
    assert answer.status_code == 200
    assert 'id="state" value="code=a%3D2' in answer.text


@pytest.mark.parametrize("host", ["..", "[", "x:99999999", "a b", "-"])
def test_an_invalid_host_is_refused_with_a_message(client: FlaskClient, host: str) -> None:
    for path in ("/", "/network", "/runs/none"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code < 500
        assert len(answer.text) > 10


def test_a_request_may_come_from_a_page_without_an_address(client: FlaskClient) -> None:
    headers = {"HX-Current-URL": "http://[", "HX-Request": "true"}
    assert client.post("/lessons/lecture/1", headers=headers).status_code == 200
    answer = client.post("/runs", data={"hidden": "2", "samples": "20", "then": "step"})
    run = answer.headers["Location"]
    client.post(f"{run}/seek", data={"step": "0"})
    assert client.post(f"{run}/step", headers=headers).status_code == 200


def test_a_step_from_a_state_that_is_still_computed_starts_a_branch(
    client: FlaskClient,
) -> None:
    answer = client.post("/runs", data={"hidden": "2", "samples": "20", "then": "step"})
    run = answer.headers["Location"].partition("?")[0]
    runner = services_of(client.application).runner
    [live] = runner.runs._live.values()
    with live.lock:
        stepped = gevent.spawn(client.post, f"{run}/step")
        gevent.sleep(0.1)
        runner.seek(live, 0)
    assert stepped.get(timeout=10).headers["Location"].partition("?")[0] != run


def test_a_room_for_a_run_that_does_not_exist_is_refused_with_a_message(
    client: FlaskClient,
) -> None:
    current = "http://localhost/network?hidden=3&samples=20&run=2"
    answer = client.post("/rooms", headers={"HX-Current-URL": current, "HX-Request": "true"})
    assert answer.status_code == 422
    assert "run" in answer.text


@pytest.mark.parametrize("how", ["more.0", "remove.0", "relu.0", "more." + "9" * 4400, "more.²"])
def test_a_layer_that_does_not_exist_is_not_reshaped(client: FlaskClient, how: str) -> None:
    answer = client.get(f"/network?hidden=&samples=20&shape={quote(how)}")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/lessons/lecture/" + "9" * 4400,
        "/network/graph?hidden=1&samples=20&sample=" + "9" * 4400,
    ],
)
def test_a_number_of_thousands_of_digits_is_refused(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code in (404, 422)


@pytest.mark.parametrize("query", ["seed=", "seed=1&fresh="])
def test_a_link_with_a_number_of_thousands_of_digits_opens_and_says_so(
    client: FlaskClient, query: str
) -> None:
    answer = client.get(f"/network?{query}" + "9" * 4400)
    assert answer.status_code == 200
    assert "Seed: this page opens with" in answer.text
    assert len(answer.text) < 100_000, "it does not repeat the number"


def test_a_step_of_thousands_of_digits_opens_the_end(client: FlaskClient) -> None:
    answer = client.get("/expression?code=a%3D2&step=" + "9" * 4400)
    assert answer.status_code == 200
    assert "Ignored unknown values in the link: step=999" in answer.text


@pytest.mark.parametrize("answers", ["5~x", "9" * 4400 + "~1", "²~1"])
def test_invalid_predictions_in_an_address_have_a_message(
    client: FlaskClient, answers: str
) -> None:
    query = {"code": "a = 2\nb = a * a", "predict": "1", "answers": answers}
    answer = client.get("/expression", query_string=query)
    assert answer.status_code == 200
    assert "Ignored unknown values in the link" in answer.text
