"""A page of the manual from its Markdown: headings with ids, links that work below any path, and
tables printed from the code.

Markdown is read by markdown-it-py, a port of the CommonMark reference parser: what it returns is a
list of tokens, which is easy to change before it becomes HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from playground.manual import tables
from playground.manual.table import Table

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
_LINK = re.compile(r'href="([^"]*)"')
_MANUAL_LINK = re.compile(r"(\w+)\.md(#[\w-]+)?")
"""A link to another page of the manual, as it stands in a file: `hosting.md#limits`."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a page: its id, its text and its level, 2 or 3."""

    id: str
    text: str
    level: int


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """The HTML of a page, without its title, and its headings in order."""

    html: Markup
    headings: tuple[Heading, ...]


@lru_cache(maxsize=64)
def render(markdown: str, prefix: str = "") -> RenderedPage:
    """The page of a Markdown text on an instance whose addresses begin with `prefix`.

    Raises KeyError where the text asks for a table that does not exist.
    """
    tokens = _MARKDOWN.parse(markdown)
    headings = tuple(_number_headings(tokens))
    blocks = [_block(token) for token in _join_tables(tokens)]
    html = _MARKDOWN.renderer.render(blocks, _MARKDOWN.options, {})
    html = _LINK.sub(lambda link: f'href="{address(link[1], prefix)}"', html)
    return RenderedPage(Markup(html), headings)


def _number_headings(tokens: Sequence[Token]) -> list[Heading]:
    """Give every heading its id, and return those of levels 2 and 3."""
    headings = []
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        text = "".join(child.content for child in inline.children or ())
        slug = re.sub(r"\W+", "-", text.lower()).strip("-")
        opening.attrSet("id", slug)
        level = int(opening.tag[1])
        if level in (2, 3):
            headings.append(Heading(slug, text, level))
    return headings


def address(link: str, prefix: str) -> str:
    """Where a link of a file leads on this instance.

    `hosting.md#limits` is a page of the manual, `/network` a page of the instance; every other link
    stays as it is.
    """
    page = _MANUAL_LINK.fullmatch(link)
    if page:
        return f"{prefix}/manual/{page[1]}{page[2] or ''}"
    return prefix + link if link.startswith("/") else link


def _join_tables(tokens: Sequence[Token]) -> Iterator[Token]:
    """The tokens, with every table that is written in Markdown as a single block of HTML."""
    cells: list[list[str]] = []
    for previous, token in pairwise([Token("start", "", 0), *tokens]):
        if token.type == "table_open":
            cells = []
        elif token.type == "tr_open":
            cells.append([])
        elif token.type == "inline" and previous.type in ("th_open", "td_open"):
            cells[-1].append(token.content)
        elif token.type == "table_close":
            columns, *rows = map(tuple, cells)
            yield _html_block(table_html(Table("", columns, tuple(rows))))
        elif not token.type.startswith(("thead", "tbody", "tr_", "th_", "td_")):
            yield token


def _block(token: Token) -> Token:
    """The token, or the HTML of what it asks for: a table from the code, or an example."""
    if token.type != "fence":
        return token
    kind, _, request = token.info.strip().partition(" ")
    is_table = kind == "table"
    return _html_block(table_html(tables.table(request)) if is_table else code_html(token.content))


def _html_block(html: Markup) -> Token:
    block = Token("html_block", "", 0)
    block.content = html
    return block


def code_html(text: str) -> Markup:
    """An example; `tabindex` lets the keyboard scroll a long line."""
    return Markup('<pre tabindex="0"><code>{}</code></pre>\n').format(text.rstrip())


def table_html(table: Table) -> Markup:
    """A table whose first column names the rows.

    On a narrow screen every row becomes a small card, in which each cell repeats the heading of its
    column (`data-column`). The roles keep it a table for screen readers there.
    """
    caption = Markup("<caption>{}</caption>").format(table.caption) if table.caption else ""
    head = Markup("").join(
        Markup('<th scope="col" role="columnheader">{}</th>').format(name) for name in table.columns
    )
    rows = Markup("").join(_row(table.columns, cells) for cells in table.rows)
    return Markup(
        '<table role="table">{}'
        '<thead role="rowgroup"><tr role="row">{}</tr></thead>'
        '<tbody role="rowgroup">{}</tbody></table>\n'
    ).format(caption, head, rows)


def _row(columns: Sequence[str], cells: Sequence[str]) -> Markup:
    name, *others = map(inline_html, cells)
    return Markup('<tr role="row"><th scope="row" role="rowheader">{}</th>{}</tr>').format(
        name,
        Markup("").join(
            Markup('<td role="cell" data-column="{}">{}</td>').format(column, cell)
            for column, cell in zip(columns[1:], others, strict=True)
        ),
    )


def inline_html(markdown: str) -> Markup:
    """A sentence of Markdown as HTML, without a paragraph around it."""
    return Markup(_MARKDOWN.renderInline(markdown)) if markdown else escape("")
