"""What all tests share: what was skipped is listed at the end, where nobody overlooks it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """List every reason for which tests were skipped, with their number."""
    reports: list[pytest.TestReport] = terminalreporter.stats.get("skipped", [])
    if not reports:
        return
    reasons = Counter(_reason(report) for report in reports)
    terminalreporter.section(f"SKIPPED: {len(reports)} tests did not run", sep="!", red=True)
    for reason, count in reasons.most_common():
        terminalreporter.line(f"{count} × {reason}")


def _reason(report: pytest.TestReport) -> str:
    match report.longrepr:
        case (_, _, str() as reason):
            return reason.removeprefix("Skipped: ")
    return str(report.longrepr)
