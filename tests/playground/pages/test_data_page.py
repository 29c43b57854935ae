"""A person's own data over HTTP: what is taken, what is refused in words, and whose they are."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from engine.training.csv_table import parse_csv
from engine.training.settings import Settings
from playground.app import create_app
from playground.http.services import services_of
from playground.settings import Deployment

TWO = "x1,x2,kind\n0.1,0.2,elm\n-3,4e-5,oak\n5,6.25,elm\n0.7,-0.8,oak\n"
THREE = TWO + "9,9,ash\n"
NUMBERS = "0,0,0.5\n1,0,1.25\n0,1,-3\n1,1,7\n"
HTMX = {"HX-Request": "true"}


def brought(client: FlaskClient, text: str) -> dict[str, str]:
    """The settings with which a table is shown."""
    answer = client.post("/data", data={"text": text})
    assert answer.status_code == 303, answer.text
    return {name: texts[-1] for name, texts in parse_qs(urlsplit(answer.location).query).items()}


@pytest.mark.parametrize(("text", "loss"), [(TWO, "bce"), (THREE, "ce"), (NUMBERS, "mse")])
def test_a_table_is_shown_with_settings_that_suit_it(
    client: FlaskClient, text: str, loss: str
) -> None:
    settings = brought(client, text)
    assert (settings["dataset"], settings["loss"], settings["standardise"]) == ("own", loss, "1")
    assert (settings["features"], settings["panel"]) == ("x1,x2", "data")
    assert client.get("/network", query_string=settings).status_code == 200


@pytest.mark.parametrize("text", [TWO, THREE, NUMBERS])
def test_what_is_downloaded_gives_the_same_points_when_it_is_brought_again(
    client: FlaskClient, text: str
) -> None:
    file = client.get("/network/data.csv", query_string=brought(client, text))
    assert file.mimetype == "text/csv"
    first, again = parse_csv(text), parse_csv(file.text)
    assert (again.inputs == first.inputs).all()
    assert (again.targets == first.targets).all()
    assert again.classes == first.classes


def test_points_for_testing_come_back_marked(client: FlaskClient) -> None:
    rows = [f"{i},{i * i},{'ab'[i % 2]},{'test' if i in (1, 4, 5) else 'train'}" for i in range(9)]
    settings = brought(client, "\n".join(rows))
    assert settings["test"] == "0.3333"
    file = client.get("/network/data.csv", query_string=settings)
    again = parse_csv(file.text)
    assert again.is_test is not None
    assert again.is_test.nonzero()[0].tolist() == [1, 4, 5]
    other = client.get("/network/data.csv", query_string=settings | {"test": "0.5"})
    assert other.text.count("test") == 4  # the setting counts again once it says something else


def test_a_file_counts_for_more_than_the_text_and_a_link_to_it_lasts(client: FlaskClient) -> None:
    sent = {"text": "nothing", "file": (io.BytesIO(TWO.encode("utf-8-sig")), "mine.csv")}
    first = client.post("/data", data=sent)
    assert first.status_code == 303
    assert brought(client, TWO.replace(",", ";"))["data"] in first.location


def test_every_bad_row_is_named_and_nothing_is_kept(client: FlaskClient, tmp_path: Path) -> None:
    wrong = "1,2,a\nthree,4,b\n5,6\n7,,a\n8,9,\n1e12,0,b\n"
    answer = client.post("/data", data={"text": wrong}, headers=HTMX)
    assert answer.status_code == 422
    for row in (2, 3, 4, 5, 6):
        assert f"Row {row}: " in answer.text
    assert "Row 1: " not in answer.text
    assert "three" in answer.text
    with sqlite3.connect(tmp_path / "playground.db") as database:
        assert database.execute("SELECT count(*) FROM texts").fetchone() == (0,)
    whole = client.post("/data", data={"text": wrong})
    assert whole.status_code == 422
    assert "Row 2: " in whole.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "There are no rows."),
        ("1,2,a\n", "Write at least 4."),
        ("1,2,a\n" * 5001, "The limit is 5,000."),
        ("1,2,a\n" * 4, "Write at least two different labels."),
        ("".join(f"1,2,{name}\n" for name in "abcdef"), "At most 5 classes are possible."),
        ("1,2,<b>\n1,2\n" * 3, "Row 2: 2 cells"),
    ],
)
def test_a_table_that_cannot_be_learnt_from_is_refused_in_words(
    client: FlaskClient, text: str, message: str
) -> None:
    answer = client.post("/data", data={"text": text}, headers=HTMX)
    assert answer.status_code == 422
    assert message in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize("as_file", [True, False])
def test_more_than_the_limit_is_refused_with_the_limit_named(tmp_path: Path, as_file: bool) -> None:
    app = create_app(Deployment(data=tmp_path, upload=2048))
    text = "1,2,a\n" * 400
    sent = {"file": (io.BytesIO(text.encode()), "a.csv")} if as_file else {"text": text}
    answer = app.test_client().post(
        "/data", data=sent, headers=HTMX, content_type="multipart/form-data"
    )
    assert answer.status_code == 413
    assert "The limit is 2 KB." in answer.text
    services_of(app).runner.stop()


def test_a_limit_that_is_raised_holds_for_pasted_text_too(tmp_path: Path) -> None:
    app = create_app(Deployment(data=tmp_path, upload=2_000_000))
    text = "".join(f"{i}.{'0' * 250}1,2,{'ab'[i % 2]}\n" for i in range(4000))
    answer = app.test_client().post(
        "/data", data={"text": text}, content_type="multipart/form-data"
    )
    assert len(text) > 1_000_000
    assert answer.status_code == 303
    services_of(app).runner.stop()


def test_a_run_s_file_has_its_edits_and_is_its_visitor_s_alone(app: Flask) -> None:
    mine, theirs = app.test_client(), app.test_client()
    settings = Settings(samples=10).texts()
    run = mine.post("/runs", data=settings).location.partition("?")[0]
    before = parse_csv(mine.get(f"{run}/data.csv").text)
    added = {"how": "add", "at": "0.25,-0.75", "target": "1"}
    assert mine.post(f"{run}/data", data=added).status_code == 303
    after = parse_csv(mine.get(f"{run}/data.csv").text)
    assert (after.inputs[:-1] == before.inputs).all()
    assert after.inputs[-1].tolist() == [0.25, -0.75]
    assert after.classes[int(after.targets[-1])] == "class 2"
    assert mine.post(f"{run}/data", data={"how": "erase", "at": "1/4; −0,7"}).status_code == 303
    assert (parse_csv(mine.get(f"{run}/data.csv").text).inputs == before.inputs).all()
    for _ in range(2):
        mine.post(f"{run}/data", data={"how": "undo"})
    assert parse_csv(mine.get(f"{run}/data.csv").text).inputs.tolist() == before.inputs.tolist()
    assert theirs.get(f"{run}/data.csv").status_code == 404
    assert theirs.post(f"{run}/data", data=added).status_code == 404


def test_an_edit_that_cannot_be_is_said_and_changes_nothing(client: FlaskClient) -> None:
    run = client.post("/runs", data=Settings(samples=10).texts()).location.partition("?")[0]
    before = client.get(f"{run}/data.csv").text
    for edit, message in (
        ({"how": "add", "at": "1,2,3"}, "2 coordinates"),
        ({"how": "add", "at": "1,nan"}, "finite"),
        ({"how": "add", "at": "1;y"}, "x2: Write a number"),
        ({"how": "erase"}, "index"),
        ({"how": "add", "at": "1,2", "target": "5"}, "2 classes"),
        ({"how": "move", "index": "99", "at": "0,0"}, "no point number 100"),
        ({"how": "erase", "index": "-1"}, "index"),
        ({"how": "undo"}, "nothing to undo"),
    ):
        answer = client.post(f"{run}/data", data=edit, headers=HTMX)
        assert (answer.status_code, message in answer.text) == (422, True), (edit, answer.text)
    assert client.get(f"{run}/data.csv").text == before


def test_settings_that_are_wrong_have_no_file(client: FlaskClient) -> None:
    answer = client.get("/network/data.csv?samples=many")
    assert answer.status_code == 422
    assert "Write a whole number." in answer.text
