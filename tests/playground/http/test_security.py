"""Which requests the instance accepts, and what its headers forbid browsers to do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from playground.app import create_app
from playground.http.services import services_of
from playground.settings import Deployment


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 204),
        ({"Sec-Fetch-Site": "same-origin"}, 204),
        ({"Sec-Fetch-Site": "none"}, 204),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Origin": "http://localhost"}, 204),
        ({"Origin": "http://localhost:8000"}, 403),
        ({"Origin": "https://other.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
    ],
)
def test_a_write_from_a_page_of_another_site_is_refused(
    client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    sent = headers | {"HX-Request": "true"}
    assert client.post("/theme", data={"theme": "dark"}, headers=sent).status_code == status


LAST = ("delete", "close", "forget", "leave")
"""Ends of the names of routes that end something which other routes need."""


def test_every_answer_of_every_route_has_the_security_headers(
    app: Flask, client: FlaskClient
) -> None:
    ids = things(client)
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: rule.endpoint.endswith(LAST))
    requests = [("/nothing", "GET"), ("/static/nothing", "GET")]
    for rule in rules:
        arguments = ids | ids.get(rule.endpoint, {})
        values = {name: arguments[name] for name in rule.arguments}
        path = app.url_map.bind("localhost").build(rule.endpoint, values, append_unknown=False)
        requests += [(path, method) for method in sorted(rule.methods or ())]
    statuses = set()
    for path, method in requests:
        answer = client.open(path, method=method)
        headers = answer.headers
        policy = headers["Content-Security-Policy"]
        at = (path, method)
        assert answer.status_code < 500, at
        assert "script-src 'self';" in policy, at
        assert "frame-ancestors 'none'" in policy, at
        assert "unsafe-eval" not in policy, at
        assert "default-src 'self'" in policy or "default-src 'none'" in policy, at
        assert headers["X-Content-Type-Options"] == "nosniff", at
        assert headers["Referrer-Policy"] == "same-origin", at
        assert "camera=()" in headers["Permissions-Policy"], at
        assert "Strict-Transport-Security" not in headers, at
        for cookie in headers.getlist("Set-Cookie"):
            assert "HttpOnly" in cookie, at
            assert "SameSite=Lax" in cookie, at
        statuses.add((method, answer.status_code // 100))
        answer.close()
    assert {("GET", 2), ("GET", 4), ("POST", 2), ("POST", 4), ("OPTIONS", 2)} <= statuses


def things(client: FlaskClient) -> dict[str, Any]:
    """Create a run, a sweep, a room and a shared state. Return their ids by the name of the
    argument, or by the endpoint if it needs another one.
    """

    def create(path: str, **fields: str) -> str:
        answer = client.post(path, data=fields)
        assert answer.status_code in (204, 303), (path, answer.status_code, answer.text)
        return answer.headers.get("Location") or answer.headers["HX-Redirect"]

    run = urlsplit(create("/runs", hidden="2", samples="20")).path
    sweep = create(
        "/sweeps", hidden="2", samples="20", first="seed", first_values="0, 1", steps="5"
    )
    shared = client.post(f"{run}/share", headers={"HX-Request": "true"}).text
    where = f"http://localhost/network?hidden=2&samples=20&run={run.rpartition('/')[2]}"
    headers = {"HX-Request": "true", "HX-Current-URL": where}
    assert client.post("/rooms", data={"hidden": "2"}, headers=headers).status_code in (204, 303)
    code = client.get(run, headers={"Accept": "text/html"}).text.partition('"roomcode">')[2]
    state = re.search(r"/shared/([\w-]+)", shared)
    assert state is not None
    assert code
    return {
        "id": run.rpartition("/")[2], "name": "numpy", "slug": "lecture", "number": 1,
        "command": "play",
        "code": code.partition("<")[0], "filename": "js/theme.js",
        "my_runs.open_shared": {"id": state[1]},
        **{f"sweeps.{name}": {"id": sweep.rpartition("/")[2]}
           for name in ("show", "cancel", "delete", "open_cell")},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("localhost", 200), ("localhost:5000", 200), ("127.0.0.1:5000", 200), ("[::1]:5000", 200),
        ("192.168.1.20", 200), ("evil.example", 421), ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421), ("", 421), ("course.example", 200),
        ("course.example:8443", 200), ("COURSE.example.", 200), ("a b", 421),
    ],
)  # fmt: skip
def test_only_names_of_the_instance_are_answered(tmp_path: Path, name: str, status: int) -> None:
    app = create_app(Deployment(data=tmp_path, allowed_hosts="course.example"))
    answer = app.test_client().get("/healthz", headers={"Host": name})
    assert answer.status_code == status
    services_of(app).runner.stop()


def test_over_tls_the_cookie_is_for_tls_only(tmp_path: Path) -> None:
    app = create_app(Deployment(data=tmp_path, trusted_proxies=1))
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    secure = app.test_client().get("/", headers=forwarded)
    assert "Secure" in secure.headers["Set-Cookie"]
    assert "HttpOnly" in secure.headers["Set-Cookie"]
    assert "SameSite=Lax" in secure.headers["Set-Cookie"]
    assert "Strict-Transport-Security" in secure.headers
    assert "Secure" not in app.test_client().get("/").headers["Set-Cookie"]
    services_of(app).runner.stop()


def test_an_untrusted_proxy_is_not_believed(client: FlaskClient) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    answer = client.get("/", headers=headers)
    assert answer.status_code == 200
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize("path", ["/lab/network", "/network"])
def test_with_a_path_prefix_every_address_begins_with_it(tmp_path: Path, path: str) -> None:
    app: Flask = create_app(Deployment(data=tmp_path, path_prefix="/lab"))
    page = app.test_client().get(path).text  # whether or not the proxy removes the prefix
    assert 'href="/lab/expression"' in page
    assert 'action="/lab/theme"' in page
    assert 'src="/lab/static/' in page
    assert 'href="/static' not in page
    services_of(app).runner.stop()
