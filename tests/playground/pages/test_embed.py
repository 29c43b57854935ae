"""Panels on the pages of other sites: read-only, without a cookie, and refused with a reason."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from playground.labs.embedded_panels import EXPRESSION_PANELS, NETWORK_PANELS
from playground.messages import network as messages

EXPRESSION = ", ".join(EXPRESSION_PANELS)
SMALL = {"hidden": "2", "samples": "20"}


@pytest.mark.parametrize("panel", EXPRESSION_PANELS)
def test_a_panel_of_the_expression_lab_stands_alone(client: FlaskClient, panel: str) -> None:
    response = client.get("/expression", query_string={"code": "a = 2\nb = a * a", "embed": panel})
    assert response.status_code == 200
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("panel", NETWORK_PANELS)
def test_a_panel_of_the_network_lab_stands_alone(client: FlaskClient, panel: str) -> None:
    response = client.get("/network", query_string=SMALL | {"embed": panel, "pin": "someone"})
    assert response.status_code == 200
    assert "/embed/play?" in response.text
    assert "/embed/events" not in response.text
    assert "Set-Cookie" not in response.headers


def test_a_shared_run_is_embedded_at_its_step(client: FlaskClient) -> None:
    response = client.post("/runs", data=SMALL | {"then": "step"})
    run = response.headers["Location"].partition("?")[0]
    link = client.post(f"{run}/share").headers["Location"]
    page = client.get(link, query_string={"embed": "loss"}).text
    assert '<output id="step-out" aria-live="off">1</output>' in page
    query = f"shared={link.rpartition('/')[2]}&page=one"
    play = client.post(f"/embed/play?{query}").text
    assert f"/embed/events?{query}".replace("&", "&amp;") in play
    assert ">Pause<" in play
    assert ">Play<" in client.post(f"/embed/pause?{query}").text
    assert client.post("/embed/dance").status_code == 404


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("/network?embed=nothing", messages.EMBEDDABLE.format(panels=", ".join(NETWORK_PANELS))),
        ("/shared/none?embed=loss", messages.NOTHING_TO_EMBED),
        ("/expression?embed=nothing", messages.EMBEDDABLE.format(panels=EXPRESSION)),
    ],
)
def test_what_cannot_be_embedded_says_why(client: FlaskClient, address: str, message: str) -> None:
    response = client.get(address)
    assert response.status_code == 404
    assert message in response.text


def test_an_expression_with_an_error_shows_it_and_none_at_all_shows_the_first_story(
    client: FlaskClient,
) -> None:
    response = client.get("/expression?embed=graph&code=a+%2B")
    assert response.status_code == 422
    assert "Line 1" in response.text
    response = client.get("/expression?embed=graph&code=~none")
    assert response.status_code == 422
    assert "no longer stored" in response.text
    response = client.get("/expression?embed=nodes")
    assert response.status_code == 200
    assert "d · f" in response.text


def test_a_frame_on_a_site_that_is_not_allowed_names_the_setting(client: FlaskClient) -> None:
    for address in ("/network?embed=loss", "/expression?embed=graph"):
        response = client.get(address, headers={"Sec-Fetch-Dest": "iframe"})
        assert response.status_code == 403
        assert "PLAYGROUND_EMBED_ANCESTORS" in response.text
        assert "frame-ancestors" not in response.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in response.headers
