"""Every limit, reached."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from playground.app import create_app
from playground.http.rate_limits import subscriber
from playground.http.services import init_services, services_of
from playground.messages import count
from playground.settings import Deployment
from tests.server import serving
from tests.visitor import Visitor

MakeApp = Callable[..., Flask]


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[MakeApp]:
    """Return a function that builds an application with these limits."""
    apps = []

    def make(**limits: Any) -> Flask:
        apps.append(create_app(Deployment(data=tmp_path, **limits)))
        return apps[-1]

    yield make
    for app in apps:
        services_of(app).runner.stop()


WRONG_CODES = "Too many wrong room codes from this address. Wait a minute"
TABLE = "1,2,0\n2,1,1\n3,3,0\n4,1,1"


def get(client: FlaskClient, path: str, address: str = "203.0.113.1") -> Any:
    return client.get(path, environ_base={"REMOTE_ADDR": address})


def test_a_visitor_with_too_many_requests_waits_and_others_do_not(make_app: MakeApp) -> None:
    app = make_app(requests_per_minute=5)
    hasty, other = app.test_client(), app.test_client()
    for _ in range(6):
        last = get(hasty, "/runs")
    assert last.status_code == 200  # the first had no cookie yet
    refused = get(hasty, "/runs")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert "this browser sent more than 5 in a minute" in refused.text
    assert get(other, "/runs").status_code == 200
    assert get(hasty, "/healthz").status_code == 200
    assert get(hasty, "/static/icon.svg").status_code == 200


def test_new_cookies_do_not_raise_the_limit_of_an_address(make_app: MakeApp) -> None:
    app = make_app(requests_per_minute_address=5)
    for _ in range(5):
        assert get(app.test_client(), "/").status_code == 200
    assert get(app.test_client(), "/").status_code == 429
    assert get(app.test_client(), "/", "203.0.113.2").status_code == 200


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("203.0.113.1", "203.0.113.2", False),
        ("::ffff:203.0.113.1", "203.0.113.1", True),
    ],
)
def test_an_ipv6_subscriber_is_one_address(
    make_app: MakeApp, one: str, other: str, same: bool
) -> None:
    app = make_app(requests_per_minute_address=1)
    assert get(app.test_client(), "/", one).status_code == 200
    assert get(app.test_client(), "/", other).status_code == (429 if same else 200)


def test_new_visitors_are_counted_and_known_ones_continue(make_app: MakeApp) -> None:
    app = make_app(new_visitors_per_hour=2)
    old = app.test_client()
    assert get(old, "/").status_code == 200
    assert get(app.test_client(), "/").status_code == 200
    refused = get(app.test_client(), "/")
    assert refused.status_code == 429
    assert 3500 < int(refused.headers["Retry-After"]) <= 3600
    assert get(old, "/").status_code == 200


def test_a_class_behind_one_address_counts_against_its_room(make_app: MakeApp) -> None:
    app = make_app(requests_per_minute_address=8, new_visitors_per_hour=2)
    leader = app.test_client()
    get(leader, "/expression")
    leader.post(
        "/rooms", data={"state": ""}, headers={"HX-Request": "true"},
        environ_base={"REMOTE_ADDR": "203.0.113.1"},
    )  # fmt: skip
    code = next(iter(services_of(app).rooms._rooms))
    for i in range(12):
        status = get(app.test_client(), f"/rooms/{code}").status_code
        assert status == (200 if i < 2 else 429), i  # a room admits as many as an address may
    services = services_of(app)
    more = services.deployment.model_copy(update={"new_visitors_per_hour": 99})
    init_services(app, replace(services, deployment=more))
    for _ in range(12):
        assert get(app.test_client(), f"/rooms/{code}").status_code == 200
    assert get(leader, "/expression").status_code == 200


def test_a_visitor_has_a_limit_of_streams_and_a_closed_one_is_free_again(tmp_path: Path) -> None:
    with serving(tmp_path, PLAYGROUND_STREAMS_PER_VISITOR="2") as server:
        visitor = Visitor(server)
        run = visitor.begin()
        streams = [visitor.watch(run) for _ in range(2)]
        status, headers, body = visitor.ask("GET", f"{run}/events")
        assert status == 429
        assert int(headers["Retry-After"]) > 0
        assert b"This browser has 2 open pages with live updates" in body
        streams[0].close()
        until = time.monotonic() + 5  # the server notices with its second heartbeat
        while visitor.state("/healthz")["viewers"] == 2:
            assert time.monotonic() < until
        streams += [visitor.watch(run)]
        for stream in streams[1:]:
            stream.close()


def test_an_address_without_cookies_has_streams_of_its_own(tmp_path: Path) -> None:
    with serving(tmp_path, PLAYGROUND_STREAMS_PER_VISITOR="1") as server:
        embeds = [Visitor(server).watch("/embed") for _ in range(3)]
        for embed in embeds:  # each of them has its first frame
            embed.close()


@pytest.mark.parametrize(
    ("limit", "sent", "message"),
    [
        ("wrong_codes_per_minute", ("GET", "/rooms?code=ABCDEF", {}), WRONG_CODES),
        ("wrong_codes_per_minute", ("GET", "/rooms/ABCDEF", {}), WRONG_CODES),
        ("tables_per_hour", ("POST", "/data", {"text": TABLE}), "may upload 1 table per hour"),
    ],
)
def test_each_limit_of_an_address_has_its_message_and_its_window(
    make_app: MakeApp, limit: str, sent: tuple[str, str, dict[str, str]], message: str
) -> None:
    window = 60 if "minute" in limit else 3600
    app = make_app(**{limit: 1})
    method, path, data = sent

    def answer(address: str) -> Any:
        return app.test_client().open(
            path, method=method, data=data, environ_base={"REMOTE_ADDR": address}
        )

    answered = answer("203.0.113.1")
    assert answered.status_code < 429
    assert "Retry-After" not in answered.headers
    refused = answer("203.0.113.1")
    assert refused.status_code == 429
    assert window - 30 < int(refused.headers["Retry-After"]) <= window
    assert message in refused.text
    assert answer("203.0.113.2").status_code < 429


def test_rooms_and_names_of_an_address_are_limited(make_app: MakeApp) -> None:
    app = make_app(rooms_per_hour=1, named_per_day=1)
    for last in (False, True):
        client = app.test_client()
        run = client.post("/runs", data={"hidden": "2", "samples": "20"}).headers["Location"]
        address = f"http://localhost{run}"
        opened = client.post("/rooms", headers={"HX-Current-URL": address, "HX-Request": "true"})
        assert opened.status_code == (429 if last else 204)
        named = client.post(f"{run.partition('?')[0]}/name", data={"name": "mine"})
        assert named.status_code == (429 if last else 303)
    again = client.post(f"{run.partition('?')[0]}/name", data={"name": ""})
    assert again.status_code == 303  # removing a name is free


@pytest.mark.parametrize(
    ("limits", "settings", "message"),
    [
        ({"parameters": 100}, {"hidden": "16,16"}, "The limit is 100."),
        ({"samples": 50}, {"samples": "200"}, "The limit is 50."),
    ],
)
def test_a_setting_that_is_too_large_is_refused_in_words_and_corrected_in_a_link(
    make_app: MakeApp, limits: dict[str, int], settings: dict[str, str], message: str
) -> None:
    client = make_app(**limits).test_client()
    htmx = {"HX-Request": "true"}
    for answer, status in (
        (client.get("/network", query_string=settings), 200),
        (client.post("/runs", data=settings, headers=htmx), 422),
    ):
        assert answer.status_code == status
        assert message in answer.text


def test_one_sample_too_many_is_refused_with_a_message(make_app: MakeApp) -> None:
    client = make_app(samples=20).test_client()
    run = client.post("/runs", data={"samples": "20"}).headers["Location"].partition("?")[0]
    answer = client.post(f"{run}/data", data={"how": "add", "at": "0,0", "target": "1"})
    assert answer.status_code == 422
    assert "20 samples" in answer.text


def start_run(client: FlaskClient) -> Any:
    return client.post("/runs", data={"samples": "20"})


def recount(app: Flask) -> None:
    """Let the next run be compared with how many the store really has."""
    services_of(app).runner._saver.save()
    services_of(app).runner.runs._count_cache.clear()


def test_a_full_instance_says_that_it_is_full(make_app: MakeApp) -> None:
    app = make_app(runs_kept=1)
    client = app.test_client()
    assert start_run(client).status_code == 303
    recount(app)
    refused = start_run(client)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "no space for another run" in refused.text


def test_in_a_full_instance_the_longest_unused_run_without_a_name_goes(make_app: MakeApp) -> None:
    app = make_app(runs_kept=3)
    client = app.test_client()
    named, old, older = (start_run(client).headers["Location"].partition("?")[0] for _ in range(3))
    assert client.post(f"{named}/name", data={"name": "mine"}).status_code == 303
    recount(app)
    store = services_of(app).store
    for run, hours in ((named, 99), (older, 9), (old, 7)):
        store.change(run.rpartition("/")[2], used=time.time() - 3600 * hours)
    assert start_run(client).status_code == 303
    there = [client.get(run).status_code for run in (named, old, older)]
    assert there == [200, 200, 404]
    recount(app)
    store.change(old.rpartition("/")[2], used=time.time())
    assert start_run(client).status_code == 429


def test_runs_of_an_address_are_limited(make_app: MakeApp) -> None:
    client = make_app(runs_per_hour=2).test_client()
    run = start_run(client).headers["Location"].partition("?")[0]
    assert client.post(f"{run}/copy").status_code == 303
    for refused in (client.post(f"{run}/copy"), start_run(client)):
        assert refused.status_code == 429
        assert "this address may start 2 runs per hour" in refused.text
    assert client.post(f"{run}/step").status_code == 303


def test_named_and_shared_runs_are_limited(make_app: MakeApp) -> None:
    client = make_app(named_per_visitor=1).test_client()
    one, two = (
        client.post("/runs", data={"samples": "20"}).headers["Location"].partition("?")[0]
        for _ in range(2)
    )
    assert client.post(f"{one}/name", data={"name": "kept"}).status_code == 303
    assert client.post(f"{one}/name", data={"name": "kept still"}).status_code == 303
    assert client.post(f"{two}/name", data={"name": "too many"}).status_code == 429
    assert client.post(f"{one}/share").status_code == 303
    assert client.post(f"{two}/share").status_code == 429


def test_the_size_of_an_upload_is_limited(make_app: MakeApp) -> None:
    client = make_app(upload=2048).test_client()
    answer = client.post("/data", data={"table": "1,2,3\n" * 2000})
    assert answer.status_code == 413


def test_the_followers_of_a_room_have_a_limit_of_requests_together(make_app: MakeApp) -> None:
    app = make_app(room_requests_per_minute=3)
    leader = app.test_client()
    get(leader, "/expression")
    leader.post("/rooms", data={"state": ""}, headers={"HX-Request": "true"})
    code = next(iter(services_of(app).rooms._rooms))
    for _ in range(3):
        assert get(app.test_client(), f"/rooms/{code}").status_code == 200
    refused = get(app.test_client(), f"/rooms/{code}")
    assert refused.status_code == 429
    assert "the followers of this room sent more than 3 in a minute" in refused.text
    assert get(leader, "/expression").status_code == 200


@pytest.mark.parametrize(
    ("limits", "owner"),
    [
        ({"streams_per_visitor": 1}, "This browser has 1 open page"),
        ({"streams_per_address": 1}, "This address has 1 open page"),
    ],
)
def test_a_page_too_many_says_who_has_too_many(
    make_app: MakeApp, limits: dict[str, int], owner: str
) -> None:
    client = make_app(**limits).test_client()
    run = start_run(client).headers["Location"].partition("?")[0]
    first = client.get(f"{run}/events", buffered=False)
    assert first.status_code == 200
    next(first.iter_encoded())
    refused = client.get(f"{run}/events")
    assert refused.status_code == 429
    assert f"{owner} with live updates, which is the limit." in refused.text
    first.close()


def test_an_address_that_is_none_counts_as_one_unknown() -> None:
    assert subscriber("") == subscriber("a name") == "unknown"


def test_a_number_agrees_with_its_noun() -> None:
    assert [count(number, "run") for number in (0, 1, 2, 2400, 1.5, 4_000_000)] == [
        "0 runs",
        "1 run",
        "2 runs",
        "2,400 runs",
        "1.5 runs",
        "4,000,000 runs",
    ]
    assert count(2, "address", "addresses") == "2 addresses"
