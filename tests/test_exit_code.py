"""The exit code of `python -m tests`."""

from __future__ import annotations

import pytest

from tests.__main__ import exit_code


@pytest.mark.parametrize(
    ("codes", "code"),
    [((0, 5), 0), ((5, 0), 0), ((5, 5), 5), ((0, 1), 1), ((5, 2, 1), 2), ((5, 5, 1), 1)],
)
def test_a_run_without_tests_is_no_failure_beside_one_that_passes(
    codes: tuple[int, ...], code: int
) -> None:
    assert exit_code(codes) == code
