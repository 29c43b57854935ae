"""Who may call this instance, and what browsers are told to refuse on its pages.

Cookies are signed, HttpOnly and SameSite=Lax. A write that another site's page sends is refused by
what browsers say of it themselves: `Sec-Fetch-Site` where the connection is secure or local,
`Origin` everywhere else (https://web.dev/articles/fetch-metadata). A client that says neither is no
browser, so nobody's cookies are borrowed. The name under which the instance is called is held
against those it has, which stops DNS rebinding: another site's name that resolves to our address
carries no cookie of ours, but would reach a server at home past every firewall.
"""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, request
from flask.sessions import SecureCookieSessionInterface
from werkzeug.middleware.proxy_fix import ProxyFix

from playground.settings import Deployment

SAFE = ("GET", "HEAD", "OPTIONS")
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
YEAR = 365 * 86_400


class Sessions(SecureCookieSessionInterface):
    """Signed cookies, for TLS alone where the request came over it."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether the browser may send the cookie over TLS only."""
        return bool(request.is_secure)


def guard(app: Flask, deployment: Deployment) -> None:
    """Let the application be called as the deployment says, and by nobody else."""
    app.config["NAMES"] = _names(deployment)
    app.session_interface = Sessions()
    proxies = deployment.trusted_proxies
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0
        )
    if deployment.path_prefix:
        app.config["APPLICATION_ROOT"] = deployment.path_prefix
        app.wsgi_app = Below(app.wsgi_app, deployment.path_prefix)  # type: ignore[method-assign]
    app.before_request(refuse)
    app.after_request(told)


class Below:
    """The application below a path, whether the proxy before it cuts that off or not."""

    def __init__(self, app: Any, prefix: str) -> None:
        self.app, self.prefix = app, prefix

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer as WSGI asks."""
        path = environ.get("PATH_INFO", "")
        if path == self.prefix or path.startswith(f"{self.prefix}/"):
            environ["PATH_INFO"] = path[len(self.prefix) :] or "/"
        environ["SCRIPT_NAME"] = self.prefix
        return self.app(environ, start_response)


def refuse() -> None:
    """Refuse a name that is not ours, writes that come from another site's page, and bodies where
    nobody reads one.
    """
    name = _host(f"//{request.host}")
    if not _is_address(name) and name not in current_app.config["NAMES"]:
        abort(421, f"This instance is not called {name[:80]}. {ALLOW}")
    if request.method in SAFE:
        if (request.content_length or 0) > current_app.config["MAX_CONTENT_LENGTH"]:
            abort(413)  # its sender would wait until it is taken
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        foreign = origin is not None and _place(origin) != request.host
    if foreign:
        abort(403, "This came from another site's page, which cannot change anything here.")


ALLOW = "Whoever runs it names it in PLAYGROUND_ALLOWED_HOSTS."


def told(response: Response) -> Response:
    """The headers by which a browser guards the page; who sets one itself is not overruled."""
    response.headers.setdefault("Content-Security-Policy", policy("'none'"))
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}")
    return response


def policy(ancestors: str) -> str:
    """The content security policy of a page that these sites may hold in a frame."""
    rules = POLICY | {"frame-ancestors": ancestors}
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _names(deployment: Deployment) -> frozenset[str]:
    """Under which names the instance may be called."""
    own = socket.gethostname().lower()
    given = (_host(f"//{name}") for name in deployment.allowed_hosts.split())
    return frozenset({"localhost", own, f"{own.partition('.')[0]}.local", *given})


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _place(origin: str) -> str:
    """The host and port of an origin; of what is none, nothing."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    """Whether this is an address in numbers, to which no other site's name can be bound."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
