"""The expression lab's answers, without a browser."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

HTMX = {"HX-Request": "true"}
UNDEFINED = "x = 0.5\ny = 1/x + log(x)\n"


def command(client: FlaskClient, code: str, name: str, **fields: str) -> tuple[int, str, str]:
    """Return the status, the text and the address of the answer to a command."""
    page = client.get("/expression", query_string={"code": code}).text
    match = re.search(r'id="state" value="([^"]*)"', page)
    assert match
    state = match[1].replace("&amp;", "&")
    answer = client.post(
        "/expression",
        data={"state": state, "text": code, "command": name} | fields,
        headers=HTMX,
    )
    headers = answer.headers
    return answer.status_code, answer.text, headers.get("HX-Push-Url", "")


def test_a_refused_number_brings_slider_and_box_back_with_the_sentence(client: FlaskClient) -> None:
    fields = {"leaf": "x", "number-x": "-10"}
    status, text, address = command(client, UNDEFINED, "touch", **fields)
    assert status == 422
    assert "x cannot be −10:" in text
    assert "x stays at 0.5." in text
    values = re.findall(r'name="number-x"[^>]*value="([^"]*)"', text)
    assert values == ["0.5", "0.5"]
    assert address.startswith("/expression?code=x+%3D+0.5")
    _, text, _ = command(client, UNDEFINED, "drag", **fields)  # the thumb is still held
    assert "x cannot be −10:" in text
    assert "number-x" not in text


def test_a_text_that_is_no_number_stays_in_its_box(client: FlaskClient) -> None:
    fields = {"leaf": "x", "number-x": "much"}
    status, text, _ = command(client, UNDEFINED, "touch", **fields)
    assert status == 422
    assert "number-x" not in text


def test_enter_in_the_field_of_the_rate_belongs_to_no_button(client: FlaskClient) -> None:
    page = client.get("/expression").text
    start = page.index('id="rate"')
    field = page[start : page.index(">", start)]
    assert '"choose"' in field
    assert page.rfind("<form", 0, start) < page.rfind("</form>", 0, start)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("h=-99", "h = -99, which is not possible. You see the nearest value: −12."),
        ("calls=7", "You see the nearest value: 3."),
        ("rate=5000", "You see the nearest value: 1,000."),
        ("rate=-1", "Ignored unknown values in the link: rate=-1."),
        ("step=99999", "The walk has 10 steps. You see its end instead of step 99,999."),
        ("node=zz", "There is no node called zz."),
        ("leaf=zz&second=yy", "yy is not a named number in this expression."),
        ("opened=zz,L", "There is no operation zz, L to open."),
        ("format=basic", "There is no format basic."),
    ],
)
def test_a_link_beyond_a_limit_opens_with_the_nearest_value_and_says_so(
    client: FlaskClient, query: str, sentence: str
) -> None:
    response = client.get(f"/expression?{query}")
    assert response.status_code == 200
    assert 'role="alert" class="corrections"' in response.text
    assert sentence in response.text
    assert 'data-figure="graph"' in response.text


def test_names_that_the_output_does_not_use_are_shown_with_their_values(
    client: FlaskClient,
) -> None:
    code = "a = 2\nb = 100\nc = b * 2\ny = a * 3"
    page = client.get("/expression", query_string={"code": code})
    assert "y does not use <b>b</b> = 100, <b>c</b> = 200." in page.text
