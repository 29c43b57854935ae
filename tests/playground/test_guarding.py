"""Who may call the instance, and what browsers are told to refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from playground.app import create_app
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
def test_a_write_from_another_sites_page_is_refused(
    client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    sent = headers | {"HX-Request": "true"}
    assert client.post("/theme", data={"theme": "dark"}, headers=sent).status_code == status


@pytest.mark.parametrize("path", ["/", "/network", "/static/js/theme.js", "/nothing"])
def test_every_answer_tells_browsers_what_to_refuse(client: FlaskClient, path: str) -> None:
    found = client.get(path).headers
    policy = found["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "eval" not in policy
    assert found["X-Content-Type-Options"] == "nosniff"
    assert found["Referrer-Policy"] == "same-origin"
    assert "camera=()" in found["Permissions-Policy"]
    assert "Strict-Transport-Security" not in found


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
    app.extensions["runner"].stop()


def test_over_tls_the_cookie_is_for_tls_alone(tmp_path: Path) -> None:
    app = create_app(Deployment(data=tmp_path, trusted_proxies=1))
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    secure = app.test_client().get("/", headers=forwarded)
    assert "Secure" in secure.headers["Set-Cookie"]
    assert "HttpOnly" in secure.headers["Set-Cookie"]
    assert "SameSite=Lax" in secure.headers["Set-Cookie"]
    assert "Strict-Transport-Security" in secure.headers
    assert "Secure" not in app.test_client().get("/").headers["Set-Cookie"]
    app.extensions["runner"].stop()


def test_no_proxy_is_believed_that_is_not_trusted(client: FlaskClient) -> None:
    told = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    answer = client.get("/", headers=told)
    assert answer.status_code == 200
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize("path", ["/lab/network", "/network"])
def test_below_a_path_every_address_begins_with_it(tmp_path: Path, path: str) -> None:
    app: Flask = create_app(Deployment(data=tmp_path, path_prefix="/lab"))
    page = app.test_client().get(path).text  # whether the proxy cuts the prefix off or not
    assert 'href="/lab/expression"' in page
    assert 'action="/lab/theme"' in page
    assert 'src="/lab/static/' in page
    assert 'href="/static' not in page
    app.extensions["runner"].stop()
