"""The files of a run, and weights that come back from one."""

from __future__ import annotations

import io
import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from engine.export.network import NETWORK_FORMATS
from playground.app import create_app
from playground.http.services import services_of
from playground.messages import network as messages
from playground.settings import Deployment

SMALL = {"hidden": "2", "samples": "20"}


@pytest.fixture
def run(client: FlaskClient) -> str:
    """The address of a run at step 1."""
    response = client.post("/runs", data=SMALL | {"then": "step"})
    return response.headers["Location"].partition("?")[0]


FILES = {f"export/{name}": format.filename for name, format in NETWORK_FORMATS.items()} | {
    "export/weights": "weights.json",
    "export/replay": "replay.html",
    "data.csv": "data.csv",
}
"""The address of every file, and its name."""
TYPES = {
    "py": "text/x-python", "ipynb": "application/x-ipynb+json", "json": "application/json",
    "html": "text/html", "csv": "text/csv",
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_settings_and_runs_have_every_file(client: FlaskClient, run: str, name: str) -> None:
    for address in (f"{run}/{name}", f"/network/{name}"):
        response = client.get(address, query_string=SMALL)
        assert response.status_code == 200, address
        filename = FILES[name]
        assert response.headers["Content-Disposition"] == f'attachment; filename="{filename}"'
        kind = TYPES[filename.rpartition(".")[2]]
        assert response.headers["Content-Type"] == f"{kind}; charset=utf-8"
        assert response.headers["Cache-Control"] == "no-store"


def test_an_unknown_file_and_wrong_settings_are_refused(client: FlaskClient, run: str) -> None:
    assert client.get(f"{run}/export/nothing").status_code == 404
    assert client.get("/network/export/numpy?rate=-1").status_code == 422


def test_weights_come_back_into_a_run_and_into_a_new_one(client: FlaskClient, run: str) -> None:
    weights = client.get(f"{run}/export/weights").data
    loaded = client.post(f"{run}/weights", data={"weights": (io.BytesIO(weights), "w.json")})
    assert loaded.text == messages.WEIGHTS_LOADED.format(parameters=9)
    fields = SMALL | {"weights": (io.BytesIO(weights), "w.json")}
    assert client.post("/network/weights", data=fields).status_code == 303
    assert client.post(f"{run}/weights", data={"weights": "[]"}).status_code == 422
    assert client.post("/network/weights", data=SMALL | {"hidden": "3"}).status_code == 422


def test_weights_of_another_network_begin_a_run_with_it(client: FlaskClient, run: str) -> None:
    other = SMALL | {"hidden": "3,5", "activation": "relu,tanh", "features": "x1,x2,x1x2"}
    weights = client.get("/network/export/weights", query_string=other).data
    file = {"weights": (io.BytesIO(weights), "w.json")}
    answer = client.post(f"{run}/weights", data=file, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "The file has another network (3 – 3 – 5 – 1, 38 parameters)" in answer.text
    assert answer.headers["HX-Retarget"] == "#lab"
    id = re.search(r"run=([\w-]+)", answer.headers["HX-Push-Url"])
    assert id
    assert id[1] not in run
    loaded = client.get(f"/runs/{id[1]}/export/weights").json
    assert loaded is not None
    assert loaded["layers"] == json.loads(weights)["layers"]
    before = client.get(run, headers={"Accept": "application/json"}).json
    assert before is not None
    assert before["settings"]["hidden"] == "2"
    file = {"weights": (io.BytesIO(weights), "w.json")}
    created = client.post("/network/weights", data=SMALL | file)
    assert created.status_code == 303
    three = SMALL | {"dataset": "blobs", "classes": "3", "loss": "ce"}
    weights = client.get("/network/export/weights", query_string=three).data
    file = {"weights": (io.BytesIO(weights), "w.json")}
    assert client.post(f"{run}/weights", data=file).status_code == 422


def test_a_file_of_weights_that_is_too_large_is_refused(client: FlaskClient, run: str) -> None:
    file = io.BytesIO(b"0" * 3_100_000)
    response = client.post(f"{run}/weights", data={"weights": (file, "w.json")})
    assert response.status_code == 422
    assert "3 MB" in response.text


def test_a_replay_that_takes_too_long_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    app: Flask = create_app(Deployment(data=tmp_path_factory.mktemp("data"), replay_seconds=0.001))
    client = app.test_client()
    run = client.post("/runs", data=SMALL | {"then": "step"}).headers["Location"].partition("?")[0]
    response = client.get(f"{run}/export/replay")
    assert response.status_code == 422
    assert "takes longer than the limit of 0.001 seconds" in response.text
    services_of(app).runner.stop()
