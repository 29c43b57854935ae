"""The pages of the manual, in reading order.

The text of a page is `templates/manual/<slug>.md`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its name in the address, its title, and one sentence about what it answers."""

    slug: str
    title: str
    summary: str


CONTENTS: tuple[Page, ...] = (
    Page(
        "expression", "Expression lab", "Write a formula, walk through its graph, read gradients."
    ),
    Page("network", "Network lab", "Build a network, train it, and look inside while it learns."),
    Page("rooms", "Rooms and lessons", "Teach with a projector and phones, or learn alone."),
    Page("hosting", "Hosting and operating", "Run the playground for a class or on the internet."),
    Page("python", "Python interface", "Use the engine in a script or a notebook."),
    Page("architecture", "Architecture", "Every folder and module, with one sentence each."),
    Page(
        "performance",
        "Performance",
        "How fast the engine and the server are, and how to measure it.",
    ),
)

PAGES: dict[str, Page] = {page.slug: page for page in CONTENTS}


def neighbours(slug: str) -> tuple[Page | None, Page | None]:
    """The page before and the page after this one. Raises KeyError for an unknown slug."""
    index = CONTENTS.index(PAGES[slug])
    before = CONTENTS[index - 1] if index else None
    after = CONTENTS[index + 1] if index + 1 < len(CONTENTS) else None
    return before, after
