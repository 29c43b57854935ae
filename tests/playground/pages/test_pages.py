"""Requests and answers."""

from __future__ import annotations

import html
import json
import re
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from engine.export.expression import EXPRESSION_FORMATS
from engine.losses import LOSSES
from engine.training.datasets import DATASETS
from playground.expression.state import Lab
from playground.expression.stories import PRESETS, Preset
from playground.pages.responses import expression_address
from playground.settings import Deployment
from playground.storage.store import Store
from playground.storage.texts import TextStore


def figures(page: str) -> dict[str, dict[str, object]]:
    scripts = re.findall(r'data-figure="(\w+)">(.*?)</script>', page, re.S)
    return {name: json.loads(text, parse_constant=pytest.fail) for name, text in scripts}


def test_a_browser_is_known_by_a_signed_cookie_from_its_first_request(client: FlaskClient) -> None:
    cookie = client.get("/").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Set-Cookie" not in client.get("/healthz").headers


def test_a_forged_cookie_is_nobody(client: FlaskClient) -> None:
    address = client.post("/runs", data={"samples": "20"}).headers["Location"]
    assert client.get(address).status_code == 200
    client.set_cookie("playground", "eyJ2aXNpdG9yIjoiYWRtaW4ifQ.aaaaaa.bbbbbbbbbbbb")
    assert client.get(address).status_code == 404


def test_the_secret_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    first, second = Deployment(data=tmp_path).signing_key(), Deployment(data=tmp_path).signing_key()
    assert first == second
    assert len(first) > 40
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_a_run_is_made_moved_and_told(client: FlaskClient) -> None:
    response = client.post("/runs", data={"dataset": "xor", "samples": "40", "seed": "3"})
    assert response.status_code == 303
    where = response.headers["Location"]
    client.post(f"{where}/step")
    summary = client.get(where, headers={"Accept": "application/json"}).get_json()
    assert {"id", "step", "playing", "loss", "settings"} <= set(summary)
    assert (summary["step"], summary["playing"]) == (1, False)
    assert summary["settings"]["dataset"] == "xor"
    assert summary["loss"]["train"] > 0


def fields(page: str) -> set[str]:
    return set(re.findall(r'id="field-(\w+)"', page))


def test_the_form_asks_only_for_what_matters(client: FlaskClient) -> None:
    plain = client.get("/network").text
    assert {"schedule", "dropout", "l1", "l2", "clip"} <= fields(plain)
    assert not {"period", "factor", "decay"} & fields(plain)
    assert "period" in fields(client.get("/network?schedule=1/t").text)
    assert "factor" not in fields(client.get("/network?schedule=1/t").text)
    chosen = client.get("/network?schedule=cosine&optimizer=adamw").text
    assert {"period", "factor", "decay"} <= fields(chosen)
    wrong = client.get("/network?decay=7", headers={"HX-Request": "true"}).text
    assert "decay" in fields(wrong), "a wrong value is to be put right"


@pytest.mark.parametrize(
    ("query", "opened"),
    [("", False), ("optimizer=adam", False), ("period=5", False), ("dropout=0.2", True),
     ("schedule=step", True), ("l1=-1", False), ("l1=7", True)],
)  # fmt: skip
def test_rare_settings_are_unfolded_where_they_are_set_or_wrong(
    client: FlaskClient, query: str, opened: bool
) -> None:
    page = client.get(f"/network?{query}").text
    assert ('<details class="more" open>' in page) == opened
    assert ('<details class="more">' in page) != opened


def test_two_classes_with_softmax_are_shown_by_the_winner_in_their_own_colours(
    client: FlaskClient,
) -> None:
    page = client.get("/network?loss=ce").text
    trace = figures(page)["surface"]["data"][0]  # type: ignore[index]
    assert {colour for _, colour in trace["colorscale"]} == {"var(--low-ink)", "var(--high-ink)"}
    assert (trace["zmin"], trace["zmax"]) == (-0.5, 1.5)
    assert 'class="ramp"' not in page
    assert 'class="ramp"' in client.get("/network").text


def test_wrong_settings_are_refused_with_a_sentence_each(client: FlaskClient) -> None:
    answer = client.post("/runs", data={"samples": "x", "rate": "0"})
    assert answer.status_code == 422
    assert answer.get_json()["errors"] == {
        "samples": "Write a whole number.",
        "rate": "Must be greater than 0.",
    }


def test_a_link_with_a_wrong_setting_keeps_the_others(client: FlaskClient) -> None:
    answer = client.get("/network?dataset=points&rate=often")
    assert answer.status_code == 200
    assert "Learning rate: this page opens with 0.1 instead of often. Write a" in answer.text
    assert 'name="slice"' in answer.text, "data of more inputs than the plane has"


def test_the_first_frame_of_a_stream_holds_what_others_rely_on(client: FlaskClient) -> None:
    where = client.post("/runs", data={"samples": "20"}).headers["Location"]
    stream = client.get(f"{where}/events", buffered=False)
    assert stream.mimetype == "text/event-stream"
    parts = iter(stream.response)
    first = next(parts)
    assert isinstance(first, bytes)
    assert first.startswith(b"event: frame\ndata: ")
    frame = json.loads(first.partition(b"data: ")[2])
    assert set(frame["loss"]) == {"train", "test"}
    assert frame["surface"]["shape"] == [1, 50, 50]
    assert set(frame["surface"]) == {"dtype", "shape", "bdata", "x", "y", "scale"}
    assert b"<hx-partial" in next(parts)  # type: ignore[operator]
    stream.close()


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_figure_is_one_that_plotly_knows(
    client: FlaskClient, dataset: str, loss: str
) -> None:
    graph_objects = pytest.importorskip("plotly.graph_objects")
    page = client.get(f"/network?dataset={dataset}&classes=3&loss={loss}&samples=30").get_data(True)
    drawn = figures(re.sub(r'"var\(--[\w-]+\)"', "8", page))
    assert {"surface", "loss"} <= set(drawn)
    for figure in drawn.values():
        text = json.dumps(figure).replace('"color": 8', '"color": "red"')
        text = re.sub(r'"(\w*color)": 8', r'"\1": "red"', text).replace(
            '"family": 8', '"family": "x"'
        )
        text = re.sub(r"\[([\d.]+), 8\]", r'[\1, "red"]', text)
        figure = json.loads(text)
        graph_objects.Figure(data=figure["data"], layout=figure["layout"])


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.title)
def test_every_story_is_drawn(client: FlaskClient, preset: Preset) -> None:
    with client.application.test_request_context():
        link = expression_address(preset.lab)
    answer = client.get(link)
    assert answer.status_code == 200
    assert preset.hint in html.unescape(answer.text).partition('id="story"')[2]
    assert figures(answer.get_data(True))["graph"]["data"]


def test_an_expression_is_never_executed_nor_written_as_html(client: FlaskClient) -> None:
    code = "x = 1 # </textarea></script><script>alert(1)</script>\ny = x"
    page = client.get("/expression", query_string={"code": code}).get_data(True)
    assert "<script>alert(1)" not in page
    answer = client.post("/expression", data={"code": "__import__('os').system('true')"})
    assert answer.status_code == 422


def test_queries_stay_below_3500_bytes(client: FlaskClient) -> None:
    with client.application.test_request_context():
        long = Lab(code="a = 1 # " + "é" * 3_000, step=0, inputs=("a",))
        assert len(expression_address(long)) < 3_500
        assert "~" in expression_address(long)
        assert expression_address(long).endswith("&step=0&inputs=a")
        assert expression_address(Lab(code="a = 1")) == "/expression?code=a+%3D+1"


def test_the_oldest_long_expression_makes_room(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/kept.db")
    texts, others = TextStore(store, "expression", 2), TextStore(store, "table", 2)
    other = others.keep("text 0")
    digests = [texts.keep(f"text {i}") for i in range(3)]
    assert [texts.find(digest) for digest in digests] == [None, "text 1", "text 2"]
    assert others.find(other) == "text 0"
    assert texts.find("../secret") is None
    store.close()


def test_a_number_whose_gradient_is_infinite_is_looked_at_alone(client: FlaskClient) -> None:
    code = "x0 = 0\ny = 1\nz = sqrt(x0) + y * 2"
    page = client.get("/expression", query_string={"code": code, "leaf": "x0", "inputs": "x0"})
    assert page.status_code == 200
    assert "The gradient is ∞, so there is no tangent to draw." in page.text
    page = client.get("/expression", query_string={"code": code, "leaf": "x0", "second": "y"})
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("code", "gradient"),
    [
        ("x = 0\nr = sqrt(x*x)\ny = max(r, 0.001)", "not a number"),
        ("x = 0\ny = sqrt(x)", "∞"),
        ("x = 800\ny = -exp(x)", "−∞"),
        ("x = 709\ny = exp(x)", "8.218·10³⁰⁷"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_infinity_and_nan_are_shown_and_nothing_is_refused(
    client: FlaskClient, code: str, gradient: str
) -> None:
    for choices in ({}, {"leaf": "x"}, *({"format": name} for name in EXPRESSION_FORMATS)):
        page = client.get("/expression", query_string={"code": code, **choices})
        assert page.status_code == 200
        row = re.search(r'id="choose-x".*?</tr>', page.text, re.S)
        assert row is not None
        cells = re.findall(r'<td class="number"[^>]*>(.*?)</td>', row[0])
        assert cells[-1].replace("<wbr>", "") == gradient
        assert figures(page.text)


def test_an_error_leaves_the_graph_of_the_statements_above_it(client: FlaskClient) -> None:
    text = "a = 2\nb = -3\ne = a * b\nq = e * (a +"
    page = client.get("/expression", query_string={"code": text})
    assert page.status_code == 422
    assert html.escape(text) in page.text
    assert "This is the graph of the statements above the error." in page.text
    assert 'id="choose-e"' in page.text
    undefined = client.get("/expression", query_string={"code": "x = 0\ny = x * 2\nz = log(y)"})
    assert "must be above 0" in undefined.text
    assert 'id="choose-y"' in undefined.text
    alone = client.get("/expression", query_string={"code": "log(0)"})
    assert "The graph appears here once the expression has no errors." in alone.text


def test_a_link_whose_gradient_steps_diverge_shows_the_start(client: FlaskClient) -> None:
    query = {"code": "w = 1\ny = w ** 4", "moves": "100*50"}
    page = client.get("/expression", query_string=query)
    assert page.status_code == 422
    assert "leads to numbers that are too large" in page.text
    assert 'id="choose-y"' in page.text


def test_what_is_read_stays_longest(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/kept.db")
    texts = TextStore(store, "expression", 2)
    first, second = texts.keep("a = 1"), texts.keep("a = 2")
    store.write(sa.text("UPDATE texts SET used = used - 10000"))
    assert texts.find(first) == "a = 1"
    texts.keep("a = 3")
    assert texts.find(first) == "a = 1"
    assert texts.find(second) is None
    store.close()


def test_a_failure_is_a_page_in_words(client: FlaskClient) -> None:
    page = client.get("/nowhere")
    assert page.status_code == 404
    assert "This page does not exist" in page.get_data(True)
    assert client.post("/expression", data={"code": "1" * 70_000}).status_code == 413
    assert client.post("/theme", data={"theme": "pink"}).status_code == 422


def test_the_form_of_a_sweep_offers_settings_by_their_titles(client: FlaskClient) -> None:
    page = client.get("/sweeps/new").text
    assert '<option value="rate" selected>Learning rate</option>' in page
    assert ">None<" not in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("batch=0", ""),
        ("batch=10", "the step itself uses a mini-batch."),
        ("batch=0&dropout=0.2", "the step itself uses dropout."),
        ("batch=10&dropout=0.2", "the step itself uses a mini-batch and dropout."),
    ],
)
def test_the_weight_tab_says_how_the_step_differs_from_the_gradient_it_shows(
    client: FlaskClient, query: str, sentence: str
) -> None:
    page = client.get(f"/network?panel=weight&{query}").text
    assert "in step 1." in page
    assert ("the step itself uses" in page) == bool(sentence)
    assert sentence in page
