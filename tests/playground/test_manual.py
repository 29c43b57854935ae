"""The manual describes everything that the program offers, and its links and examples work."""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from markdown_it import MarkdownIt

from playground.app import create_app
from playground.http.services import services_of
from playground.keys import KEYS
from playground.labs.embedded_panels import EXPRESSION_PANELS, NETWORK_PANELS
from playground.manual import source_tree, tables
from playground.manual.contents import CONTENTS, PAGES, neighbours
from playground.manual.instance_tables import installed_commands
from playground.manual.rendering import RenderedPage, address, inline_html, render
from playground.manual.table import code
from playground.settings import Deployment

ROOT = Path(__file__).parents[2]
TEXTS = ROOT / "templates" / "manual"
MARKDOWN = MarkdownIt("commonmark")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """One application for all pages: reading changes nothing in it."""
    app = create_app(Deployment(data=tmp_path_factory.mktemp("data")))
    yield app.test_client()
    services_of(app).runner.stop()


def fences(path: Path) -> list[tuple[str, str]]:
    """The fenced blocks of a Markdown file: what stands behind the fence, and the content."""
    tokens = MARKDOWN.parse(path.read_text())
    return [(token.info.strip(), token.content) for token in tokens if token.type == "fence"]


def tables_of(slug: str) -> list[str]:
    """The tables that a page asks for."""
    infos = [info for info, _ in fences(TEXTS / f"{slug}.md")]
    return [info.removeprefix("table ") for info in infos if info.startswith("table ")]


def rendered(slug: str) -> RenderedPage:
    return render((TEXTS / f"{slug}.md").read_text())


def test_every_page_has_a_text_and_every_text_is_a_page() -> None:
    assert {path.stem for path in TEXTS.glob("*.md")} == set(PAGES)


@pytest.mark.parametrize("path", ["/manual", *(f"/manual/{page.slug}" for page in CONTENTS)])
def test_every_page_answers_without_making_a_visitor(reader: FlaskClient, path: str) -> None:
    answer = reader.get(path)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_a_page_that_does_not_exist_is_not_found(reader: FlaskClient) -> None:
    assert reader.get("/manual/nothing").status_code == 404


def test_the_manual_is_linked_from_the_bar_and_the_first_page(reader: FlaskClient) -> None:
    assert reader.get("/").get_data(as_text=True).count('href="/manual"') == 2
    assert 'href="/manual" aria-current="page"' in reader.get("/manual/python").get_data(True)


def test_pages_lead_to_the_next_and_the_previous_one() -> None:
    assert neighbours(CONTENTS[0].slug) == (None, CONTENTS[1])
    assert neighbours(CONTENTS[-1].slug) == (CONTENTS[-2], None)


@pytest.mark.parametrize("slug", PAGES)
def test_every_link_leads_to_a_page_and_a_heading_that_exist(
    reader: FlaskClient, slug: str
) -> None:
    for link in re.findall(r'href="([^"]+)"', rendered(slug).html):
        path, _, fragment = link.partition("#")
        answer = reader.get(path or f"/manual/{slug}")
        assert answer.status_code == 200, link
        assert not fragment or f'id="{fragment}"' in answer.get_data(as_text=True), link


@pytest.mark.parametrize("slug", PAGES)
def test_headings_of_a_page_have_different_ids(slug: str) -> None:
    ids = re.findall(r'<h\d id="([^"]*)"', rendered(slug).html)
    assert ids
    assert len(set(ids)) == len(ids)


def test_links_keep_the_path_below_which_an_instance_is_served() -> None:
    assert address("hosting.md#limits", "/lab") == "/lab/manual/hosting#limits"
    assert address("/network", "/lab") == "/lab/network"
    assert address("#keys", "/lab") == "#keys"
    assert address("https://example.org/x.md", "/lab") == "https://example.org/x.md"


def test_every_table_is_printed_on_some_page() -> None:
    requests = {request for slug in PAGES for request in tables_of(slug)}
    with_argument = {request.partition(" ")[0] for request in requests - set(tables.TABLES)}
    assert (requests & set(tables.TABLES)) | with_argument == set(tables.TABLES)


@pytest.mark.parametrize(
    ("slug", "name"),
    [("expression", "operations"), ("expression", "keys"), ("expression", "stories"),
     ("network", "losses"), ("network", "optimizers"), ("network", "schedules"),
     ("network", "activations"), ("network", "datasets"), ("network", "hyperparameters"),
     ("network", "panels"), ("hosting", "commands"), ("hosting", "settings"),
     ("hosting", "limits"), ("rooms", "lessons")],
)  # fmt: skip
def test_a_page_shows_every_row_of_its_table(reader: FlaskClient, slug: str, name: str) -> None:
    page = reader.get(f"/manual/{slug}").get_data(as_text=True)
    table = tables.table(name)
    assert len(table.rows) > 1
    for row in table.rows:
        assert len(row) == len(table.columns)
        for cell in row:
            assert f">{inline_html(cell)}</t" in page


def test_the_table_of_keys_says_what_each_key_does_in_each_lab() -> None:
    assert tables.table("keys").rows == tuple(
        (code(key.label), key.on("expression"), key.on("network")) for key in KEYS
    )


def test_settings_and_limits_together_are_every_variable_of_a_deployment() -> None:
    variables = [row[0] for name in ("settings", "limits") for row in tables.table(name).rows]
    assert sorted(variables) == sorted(
        code(f"PLAYGROUND_{name.upper()}") for name in Deployment.model_fields
    )
    assert all(row[-1] for name in ("settings", "limits") for row in tables.table(name).rows)


def test_every_command_is_described_with_its_options() -> None:
    described = {row[0]: row for row in tables.table("commands").rows}
    for name, command in installed_commands().items():
        row = described[code(name)]
        assert row[1]
        assert all(option.opts[0].strip("-") in row[2].lower() for option in command.params)


def test_the_architecture_page_has_every_folder_and_module_of_the_tree() -> None:
    requests = [name for name in tables_of("architecture") if name.startswith("modules ")]
    assert sorted(requests) == sorted(f"modules {folder}" for folder in source_tree.folders())
    for folder, path in source_tree.folders().items():
        names = {file.name for file in path.glob("*.py")} - {"__init__.py"}
        assert set(source_tree.modules(folder)) == names


def test_the_architecture_page_names_no_folder_that_does_not_exist() -> None:
    headings = [heading.text for heading in rendered("architecture").headings]
    folders = [name for name in headings if re.fullmatch(r"(engine|playground)(/\w+)*", name)]
    assert sorted(folders) == sorted(source_tree.folders())


@pytest.mark.parametrize("folder", source_tree.folders())
def test_every_module_and_every_folder_says_what_it_is_for(folder: str) -> None:
    assert source_tree.folder_sentence(folder)
    assert [name for name, sentence in source_tree.modules(folder).items() if not sentence] == []


@pytest.mark.parametrize("kind", ["js", "css"])
def test_every_script_and_stylesheet_says_what_it_is_for(kind: str) -> None:
    rows = tables.table(f"browser {kind}").rows
    assert {row[0] for row in rows} == {
        code(path.name) for path in (ROOT / "static" / kind).glob(f"*.{kind}")
    }
    assert [name for name, sentence in rows if not sentence] == []


def test_the_first_sentence_of_a_text_ends_at_its_full_stop() -> None:
    assert source_tree.first_sentence("Speed: 1.5 times\nas fast. And more.\n\nMore.") == (
        "Speed: 1.5 times as fast."
    )
    assert source_tree.first_sentence("No stop\n\nMore.") == "No stop"


EXAMPLES = [
    (path, number, content)
    for path in (*sorted(TEXTS.glob("*.md")), ROOT / "README.md")
    for number, (info, content) in enumerate(fences(path))
    if info == "python" and ">>>" in content
]


def test_examples_run_in_the_order_of_their_page() -> None:
    """All examples of a page share their names, as a reader's session does."""
    assert EXAMPLES
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(verbose=False)
    names: dict[Path, dict[str, object]] = {}
    for path, number, content in EXAMPLES:
        example = parser.get_doctest(
            content, names.setdefault(path, {}), f"{path.name}, example {number}", str(path), 0
        )
        runner.run(example, clear_globs=False)
        names[path] = example.globs
    assert runner.failures == 0


def test_every_panel_that_can_be_embedded_is_named() -> None:
    text = (TEXTS / "network.md").read_text()
    assert f"`?embed={NETWORK_PANELS[0]}`" in text
    assert all(f"`{panel}`" in text for panel in NETWORK_PANELS[1:])
    assert all(f"`{panel}`" in text for panel in EXPRESSION_PANELS)


def test_every_page_of_the_application_is_listed_with_its_address(reader: FlaskClient) -> None:
    text = (TEXTS / "architecture.md").read_text()
    paths = [
        rule.rule
        for rule in reader.application.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments
    ]
    answers = {path: reader.get(path) for path in paths if not path.endswith("/events")}
    pages = [
        path
        for path, answer in answers.items()
        if answer.status_code == 200 and "<!doctype html>" in answer.get_data(as_text=True)
    ]
    assert {"/", "/expression", "/network", "/runs", "/rooms", "/manual"} <= set(pages)
    assert [path for path in pages if not re.search(rf"`{re.escape(path)}[`?]", text)] == []
