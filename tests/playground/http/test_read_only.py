"""What is left of a page for people who only look."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from playground.http.read_only import read_only

LOCAL = '<button data-view="fit" title="Fit">Fit</button>'
JSON = '<script type="application/json">{"a": "<b>"}</script>'
CHECKED = '<input type="checkbox" name="feature" value="x1" checked>'
UPDATE = '<hx-partial hx-target="#a" hx-swap="innerHTML">1</hx-partial>'
SPEED = "<label>Speed <select><option>1 &lt; 2</option></select></label>"
TAB = '<button role="tab" aria-selected="true">Data</button>'
FIELD = '<input name="x" aria-label="x1" value="0.5">'


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>2 &lt; 3 &#183; 4<br>5</p>", "<p>2 &lt; 3 &#183; 4<br>5</p>"),
        ('<button hx-post="/x">Set</button>', ""),
        ('<button class="plain" hx-vals=\'{"a": 1}\'>e</button>', "<span>e</span>"),
        (LOCAL, LOCAL),
        (TAB, '<span role="tab" aria-selected="true">Data</span>'),
        ('<button role="tab" aria-selected="false">Data</button>', ""),
        ('<form hx-status:422="target:#e"><p>a</p></form>', "<div><p>a</p></div>"),
        ('<input type="range" value="3">', ""),
        (FIELD, '<b class="value" role="text" aria-label="x1">0.5</b>'),
        ("<select><option>a<option selected>b</select>", '<b class="value">b</b>'),
        ("<select><option>a</option><option>c</option></select>", '<b class="value">a</b>'),
        (SPEED, '<label>Speed <b class="value">1 &lt; 2</b></label>'),
        ('<textarea id="code">a = 2</textarea>', '<textarea readonly id="code">a = 2</textarea>'),
        ('<div class="menu"><div><br><p>x</p></div></div><i>y</i>', "<i>y</i>"),
        ('<svg><path d="M0"/></svg>', '<svg><path d="M0"/></svg>'),
        ("<div hx-morph-skip></div>", "<div hx-morph-skip></div>"),
        (UPDATE, UPDATE),
        (CHECKED, '<b class="value" role="img" aria-label="on">✓</b>'),
        ('<button class="plain" aria-pressed="false" title="Find">e</button>', "<span>e</span>"),
        (JSON, JSON),
        ('<a href="/x" hx-boost="true">e</a>', "<span>e</span>"),
    ],
)
def test_controls_become_text(html: str, text: str) -> None:
    assert read_only(html) == text


@pytest.mark.parametrize(
    "path", ["/network", "/network?panel=layers", "/expression", "/network?panel=weight"]
)
def test_a_lab_to_read_keeps_its_texts_and_figures_and_loses_every_control(
    client: FlaskClient, path: str
) -> None:
    page = client.get(path).text
    page = page[page.index('<div id="lab"') : page.index("</main>")]
    text = read_only(page)
    assert not re.search(r"<(select|form)\b|<input(?! type=\"hidden\")|\shx-(?!morph-skip)", text)
    for figure in re.findall(r'data-figure="[\w-]+"', page):
        assert figure in text
    for table in re.findall(r"<(?:caption|th scope)[^>]*>[^<]*", page):
        assert table in text
    for tag in ("div", "section", "table", "span", "p"):
        assert len(re.findall(rf"<{tag}[ >]", text)) == text.count(f"</{tag}>"), tag
