"""Templates, modules, stylesheets and the server use the names of static/js/contract.js, all of
them and no others.
"""

from __future__ import annotations

import json
import re

import pytest
from flask.testing import FlaskClient

from playground.places import PACKAGE, ROOT

STATIC = ROOT / "static"
CONTRACT = (STATIC / "js" / "contract.js").read_text()
MODULES = "".join(
    path.read_text() for path in (STATIC / "js").rglob("*.js") if path.name != "contract.js"
)
CODE = re.sub(r"//[^\n\"]*$|/\*\*[\s\S]*?\*/", "", MODULES, flags=re.MULTILINE)
"""All modules without their comments."""

STYLES = "".join(path.read_text() for path in (STATIC / "css").glob("*.css"))
TEMPLATES = "".join(
    path.read_text()
    for path in (ROOT / "templates").rglob("*.*")
    if path.name != "replay.html"  # a file of its own, with its own script
)
PYTHON = "".join(path.read_text() for path in PACKAGE.rglob("*.py"))


def table(name: str) -> set[str]:
    """Return the keys of one table of the contract."""
    match = re.search(rf"export const {name} = {{\n(.*?)\n}};", CONTRACT, re.DOTALL)
    assert match
    keys = re.findall(r'^  "?([\w-]+)"?:', match[1], re.MULTILINE)
    assert len(keys) == len(set(keys))
    return set(keys)


def find_all(pattern: str, text: str) -> set[str]:
    return set(re.findall(pattern, text))


def dashed(name: str) -> str:
    """Return the name of an attribute as HTML has it: focusKey → focus-key."""
    return re.sub(r"[A-Z]", lambda capital: f"-{capital[0].lower()}", name)


IDS = find_all(r'\bid="([a-z][\w-]*)"', TEMPLATES) | find_all(r'plot\("([a-z]+)"', TEMPLATES)
"""The ids of elements in templates."""


def test_modules_look_up_the_ids_of_the_contract() -> None:
    ids = find_all(r'byId\("([\w-]+)"\)', CODE)
    for literal in re.findall(r'"([^"\n]*)"', CODE):
        if not literal.startswith(("../", "./", "http")):
            ids |= find_all(r"#([a-z][\w-]*)", literal)
    for pair in re.findall(r'\bid [!=]== "([\w-]+)"', CODE):
        ids.add(pair)
    assert ids == table("IDS")
    assert 'getElementById("' not in CODE, "a module looks up an id past the contract"
    prefixes = find_all(r"\[id\^=([a-z]+-)\]", CODE) | find_all(
        r"getElementById\(`([a-z]+-)\$", CODE
    )
    assert prefixes == table("ID_PREFIXES")


def test_templates_have_the_ids_of_the_contract() -> None:
    assert table("IDS") <= IDS
    for prefix in table("ID_PREFIXES"):
        assert f'id="{prefix}{{{{' in TEMPLATES, prefix


def test_requests_of_templates_name_ids_that_templates_have() -> None:
    attributes = re.findall(r'hx-[\w:]*(?:target|include|sync|status)[\w:]*="([^"]*)"', TEMPLATES)
    named = find_all(r"#([a-z][\w-]*)", " ".join(attributes))
    assert len(named) > 15
    assert named <= IDS


def test_data_attributes_are_those_of_the_contract() -> None:
    used = {dashed(name) for name in find_all(r"\bdataset\.(\w+)", CODE)}
    for names in re.findall(r"{([^{}]*)} = [\w.]+\.dataset", CODE):
        used |= {dashed(name.partition(":")[0].strip()) for name in names.split(",")}
    used |= find_all(r"(?<![\w-])data-([a-z-]*[a-z])\b", CODE)
    styled = find_all(r"\[data-([a-z-]+)", STYLES)
    assert used | styled == table("DATA")
    written = find_all(r"(?<![\w-])data-([a-z-]+)=", TEMPLATES + PYTHON)
    written |= find_all(
        r"(?<![\w-])data-([a-z-]+)(?=[ >])", re.sub(r"{#.*?#}", "", TEMPLATES, flags=re.DOTALL)
    )
    assert written - {"htmx-powered"} == table("DATA")


def test_events_are_those_of_the_contract() -> None:
    heard = find_all(r'\blisten\("(\w+)"', CODE)
    sent = find_all(r'\bannounce\("(\w+)"', CODE)
    sent |= find_all(r'event\([^\n]*, "(\w+)"\)', PYTHON) | find_all(
        r'HX-Trigger"\] = f\'{{"(\w+)"', PYTHON
    )
    assert heard == table("EVENTS")
    ends = find_all(r'hx-sse:close="(\w+)"', TEMPLATES)  # htmx closes the stream
    assert sent - ends == table("EVENTS")
    others = find_all(r'addEventListener\(\s*"(\w+)"', CODE) & table("EVENTS")
    assert not others, "an event of the contract is heard past it"


@pytest.mark.parametrize(
    ("path", "plot", "trace", "name"),
    [
        ("/network", "surface", 0, "heatmap"),
        ("/network", "surface", 1, "scatter"),
        ("/expression?code=a=1", "graph", "values", "scatter"),
    ],
)
def test_plots_have_the_traces_of_the_contract(
    client: FlaskClient, path: str, plot: str, trace: int | str, name: str
) -> None:
    assert f': {json.dumps(trace)}, // of the plot "{plot}"' in CONTRACT
    page = client.get(path).text
    match = re.search(rf'data-figure="{plot}">(.*?)</script>', page, re.DOTALL)
    assert match
    data = json.loads(match[1])["data"]
    if isinstance(trace, str):
        (drawn,) = (curve for curve in data if curve.get("name") == trace)
    else:
        drawn = data[trace]
    assert drawn["type"] == name


def test_only_one_module_goes_past_plotlys_public_interface() -> None:
    private = re.compile(
        r"_full|calcdata|__data__|_module|_arrayAttrs|_plots|\b[pd]2[cdp]\b|\.(?:nsew|scatter|heatmap)"
    )
    for path in (STATIC / "js").rglob("*.js"):
        if path.name != "plotly_private.js":
            lines = [line for line in path.read_text().splitlines() if private.search(line)]
            assert not lines, f"{path.name}: {lines}"


def test_modules_share_nothing_through_the_window() -> None:
    assert find_all(r"\bwindow\.\w+|\bglobalThis\b", CODE) == set()


FOREIGN = {"heatmap-label", "qr"}
"""Classes that Plotly and segno write."""


def test_stylesheets_name_classes_and_ids_that_the_page_has() -> None:
    selectors = " ".join(
        re.findall(r"([^{}]+){", re.sub(r"/\*.*?\*/", "", STYLES, flags=re.DOTALL))
    )
    words = find_all(r"[\w-]+", TEMPLATES + CODE)
    classes = find_all(r"\.([a-z][\w-]*)", selectors) - FOREIGN
    assert classes <= words, sorted(classes - words)
    assert find_all(r"#([a-z][\w-]*)", selectors) <= IDS
