"""Waiting in a page until something is true, by what the page's own policy allows.

Playwright's `wait_for_function` evaluates a string as JavaScript in the page, which the content
security policy refuses, as it should; what the debugger evaluates is none of the page's.
"""

from __future__ import annotations

import re
import time
from typing import Any

from playwright.sync_api import Error, Frame, Page

SECONDS = 10.0
FUNCTION = re.compile(r"\s*(async\s*)?(\([^()]*(\([^()]*\)[^()]*)*\)|\w+)\s*=>")


def until(page: Page | Frame, expression: str, arg: Any = None, seconds: float = SECONDS) -> None:
    """Waits until an expression is true in the page, or a function of `arg`; across a navigation,
    and while what it reads is not there.
    """
    holds = expression if FUNCTION.match(expression) else f"() => {expression}"
    script = f"""async ([arg, ms]) => {{
        const holds = {holds};
        const end = performance.now() + ms;
        while (performance.now() < end) {{
            try {{
                if (await holds(arg)) return true;
            }} catch (error) {{
                if (!(error instanceof TypeError)) throw error;
            }}
            await new Promise((done) => setTimeout(done, 16));
        }}
        return false;
    }}"""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        try:
            if page.evaluate(script, [arg, 1000 * left]):
                return
        except Error as error:
            if "context was destroyed" not in error.message:
                raise
    raise AssertionError(f"not true within {seconds:g} s: {expression}")
