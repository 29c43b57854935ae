"""Who may call this instance, and what browsers refuse to do on its pages.

Cookies are signed, HttpOnly and SameSite=Lax. A write that a page of another site sends is refused
by what browsers report about it: `Sec-Fetch-Site` if the connection is secure or local, `Origin`
everywhere else (https://web.dev/articles/fetch-metadata). A client that reports neither is not a
browser, so it cannot borrow the cookies of a visitor. The host name of a request must be one of
the instance's names. This stops DNS rebinding: a foreign name that resolves to our address carries
no cookie of ours, but it would reach a server at home past every firewall.
"""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, request
from flask.sessions import SecureCookieSessionInterface
from werkzeug.middleware.proxy_fix import ProxyFix

from playground.messages import security as messages
from playground.settings import Deployment

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing."""

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",  # Plotly writes its styles into the page
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
}
"""What a page may load, and from where (CSP level 3)."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
HSTS_SECONDS = 365 * 86_400
"""How long a browser remembers to use TLS only, in seconds."""


class CookieSessions(SecureCookieSessionInterface):
    """Signed cookies. If the request came over TLS, the browser sends them over TLS only."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Return whether the browser may send the cookie over TLS only."""
        return bool(request.is_secure)


def init_security(app: Flask, deployment: Deployment) -> None:
    """Accept requests as the deployment says, refuse all others, and send the security headers."""
    app.config["HOST_NAMES"] = _host_names(deployment)
    app.session_interface = CookieSessions()
    proxies = deployment.trusted_proxies
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0
        )
    if deployment.path_prefix:
        app.config["APPLICATION_ROOT"] = deployment.path_prefix
        app.wsgi_app = PathPrefix(app.wsgi_app, deployment.path_prefix)  # type: ignore[method-assign]
    app.before_request(refuse_foreign)
    app.after_request(add_headers)


class PathPrefix:
    """The application below a path, whether or not the proxy in front of it removes the path."""

    def __init__(self, app: Any, prefix: str) -> None:
        self.app, self.prefix = app, prefix

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer a WSGI request."""
        path = environ.get("PATH_INFO", "")
        if path == self.prefix or path.startswith(f"{self.prefix}/"):
            environ["PATH_INFO"] = path[len(self.prefix) :] or "/"
        environ["SCRIPT_NAME"] = self.prefix
        return self.app(environ, start_response)


def refuse_foreign() -> None:
    """Refuse unknown host names, writes from pages of other sites, and large bodies at addresses
    that read none.
    """
    name = _host(f"//{request.host}")
    if not _is_address(name) and name not in current_app.config["HOST_NAMES"]:
        abort(421, messages.UNKNOWN_HOST.format(name=name[:80]))
    if request.method in SAFE_METHODS:
        if (request.content_length or 0) > current_app.config["MAX_CONTENT_LENGTH"]:
            abort(413)  # without an answer its sender would wait until the body is read
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        is_foreign = site not in ("same-origin", "none")
    else:
        is_foreign = origin is not None and _host_and_port(origin) != request.host
    if is_foreign:
        abort(403, messages.OTHER_SITE)


def add_headers(response: Response) -> Response:
    """Add the security headers. A header that the page set itself stays."""
    response.headers.setdefault("Content-Security-Policy", security_policy("'none'"))
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={HSTS_SECONDS}")
    return response


def security_policy(ancestors: str) -> str:
    """Return the content security policy of a page that these sites may show in a frame: any page,
    a file too, if no site is named.
    """
    rules = POLICY | ({"frame-ancestors": ancestors} if ancestors else {})
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _host_names(deployment: Deployment) -> frozenset[str]:
    """Return the names under which the instance may be called."""
    own = socket.gethostname().lower()
    allowed = (_host(f"//{name}") for name in deployment.allowed_hosts.split())
    return frozenset({"localhost", own, f"{own.partition('.')[0]}.local", *allowed})


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _host_and_port(origin: str) -> str:
    """Return the host and port of an origin, or nothing if it cannot be parsed."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    """Return whether this is a numeric address, to which no foreign name can be bound."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
