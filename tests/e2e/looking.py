"""How a page is looked at in every theme, by axe too."""

from __future__ import annotations

import json
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from playground.pages.theme import THEMES

RULES: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"runOnly": {"type": "rule", "values": ["color-contrast"]}},
    "projector": {
        "runOnly": {"type": "rule", "values": ["color-contrast", "color-contrast-enhanced"]}
    },
}
"""What axe looks at in a theme: in one everything, in the others what a theme changes."""

SIZES = ("light", "projector")
"""Themes that differ in sizes; test_themes.py holds dark to the sizes of light."""

CONTRASTS = ("light", "dark")
"""Themes whose contrasts axe measures where test_projector.py measures the third at 7:1."""

SETTLED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def themed(page: Page, theme: str) -> None:
    """Presses a theme's button, and waits until the plots have its colours too."""
    page.get_by_role("button", name=THEMES[theme], exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    page.evaluate(SETTLED)


def violations(page: Page, theme: str = "light") -> list[str]:
    """What axe finds, a line each: the rule and the first element."""
    results = examined(page, RULES[theme] | {"resultTypes": ["violations"]})["violations"]
    return [f"{item['id']}: {item['nodes'][0]['html'][:160]}" for item in results]


def examined(page: Page, options: dict[str, Any]) -> dict[str, Any]:
    """What axe says of a page. It is brought there once, and its answer comes as text: Playwright
    takes longer over the structure than axe over the page.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    message = page.evaluate(
        """async (options) => {
            const {violations, passes} = await axe.run(document, options);
            return JSON.stringify({violations, passes});
        }""",
        options,
    )
    results: dict[str, Any] = json.loads(message)
    return results
