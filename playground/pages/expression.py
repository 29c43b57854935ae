"""The expression lab: text in, its graph with data and gradients out. The URL holds the text."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, make_response, render_template, request, url_for

from engine.expression import FUNCTIONS, Expression, ExpressionError, parse
from engine.value import DomainError, Value
from playground.figures import graph
from playground.presets import PRESETS
from playground.texts import TextStore
from playground.visitors import greet

blueprint = Blueprint("expression", __name__)
blueprint.before_request(greet)

LONGEST_QUERY = 3_500
"""Bytes; a longer text stands in the URL as its hash."""


@blueprint.get("/expression")
def show() -> Response:
    """The lab with the expression of the URL, or with the first preset."""
    code = request.args.get("code")
    if code is None:
        code = PRESETS[0].text
    elif code.startswith("~"):
        kept = _texts().find(code[1:])
        if kept is None:
            lost = ExpressionError("this link's expression is no longer kept here.", 1, 1)
            page = render_template("expression.html", **context("", error=lost))
            return make_response(page, 404)
        code = kept
    return _answer("expression.html", read(code))


@blueprint.post("/expression")
def edit() -> Response:
    """What the page shows for the text as it is now; the address follows."""
    code = request.form.get("code", "")
    page = read(code)
    fragment = "error" if "error" in page else "result"
    response = _answer(f"expression/{fragment}.html", page)
    response.headers["HX-Replace-Url"] = address(code)
    return response


def address(code: str) -> str:
    """The URL of the lab with this text."""
    query = urlencode({"code": code})
    if len(query) > LONGEST_QUERY:
        query = urlencode({"code": "~" + _texts().keep(code)}, safe="~")
    return f"{url_for('expression.show')}?{query}"


def read(code: str) -> dict[str, Any]:
    """What the templates show of a text: its graph and gradients, or what is wrong with it."""
    try:
        expression = parse(code)
        nodes = name(expression)
        expression.output.backward()
    except (ExpressionError, DomainError) as error:
        return context(code, error=error)
    return context(code, expression=expression, nodes=nodes, figure=graph.figure(nodes))


def context(code: str, **found: Any) -> dict[str, Any]:
    """The editor with its presets, and what was found in the text."""
    return {
        "code": code,
        "presets": [(each, address(each.text)) for each in PRESETS],
        "functions": FUNCTIONS,
    } | found


def name(expression: Expression) -> list[Value]:
    """The expression's nodes, where those computed without a name are called v1, v2, …"""
    nodes = expression.nodes()
    free = (f"v{i}" for i in range(1, len(nodes) + len(expression.names) + 1))
    free = (label for label in free if label not in expression.names)
    for node in nodes:
        if node.op is not None and not node.label:
            node.label = next(free)
    return nodes


def _answer(template: str, page: dict[str, Any]) -> Response:
    return make_response(render_template(template, **page), 422 if "error" in page else 200)


def _texts() -> TextStore:
    kept: TextStore = current_app.extensions["texts"]
    return kept
