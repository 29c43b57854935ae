"""The command, as a person starts it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import segno

from playground import cli
from playground.qr import QUIET, qr_svg, qr_text
from playground.settings import CLASSROOM, Deployment, classroom


@contextmanager
def started(data: Path, *options: str, **environment: str) -> Iterator[tuple[str, str]]:
    """The real command on a free port: the address that it prints first, and all that it printed
    until it was ended.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "playground", "--no-open", "--port", "0", *options],
        env=os.environ | {"PLAYGROUND_DATA": str(data), "PYTHONIOENCODING": "utf-8"} | environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
    )  # fmt: skip
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        found = re.search(r"http://\S+/", first)
        assert found, first + process.stdout.read()
        rest = "" if "--classroom" not in options else _until(process, "make room.|start again.")
        yield found[0], first + rest
    finally:
        process.terminate()
        process.wait(timeout=20)


def _until(process: subprocess.Popen[str], end: str) -> str:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if re.search(end, line):
            break
    return "".join(lines)


def modules(text: str) -> list[list[bool]]:
    """A printed code in half blocks as rows of modules, dark or not: full blocks are light."""
    upper = {"█": (False, False), "▀": (False, True), "▄": (True, False), " ": (True, True)}
    rows: list[list[bool]] = []
    for line in text.splitlines():
        pairs = [upper[each] for each in line]
        rows += [[top for top, _ in pairs], [bottom for _, bottom in pairs]]
    return rows


def expected(url: str) -> list[list[bool]]:
    code = segno.make(url, micro=False)
    return [[bool(each) for each in row] for row in code.matrix_iter(border=QUIET)]


def test_a_class_reads_the_address_and_photographs_the_code(tmp_path: Path) -> None:
    with started(tmp_path, "--classroom") as (address, printed):
        port = int(address.rstrip("/").rpartition(":")[2])
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            assert answer.status == 200
        if cli.local_address() is None:
            assert "in no network" in printed
            return
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert answer.status == 200
        blocks = [line for line in printed.splitlines() if line and set(line) <= set("█▀▄ ")]
        wanted = expected(address)
        assert modules("\n".join(blocks))[: len(wanted)] == wanted
        assert f"Up to {CLASSROOM['runs_per_visitor']} runs each" in printed


def test_a_host_that_is_given_wins_over_the_classrooms(tmp_path: Path) -> None:
    with started(tmp_path, "--classroom", "--host", "127.0.0.1") as (address, printed):
        port = int(address.rstrip("/").rpartition(":")[2])
        assert address == f"http://127.0.0.1:{port}/"
        assert "█" in printed
        elsewhere = cli.local_address()
        if elsewhere:
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((elsewhere, port), timeout=2)


def test_without_the_option_nobody_else_can_open_it(tmp_path: Path) -> None:
    with started(tmp_path) as (address, printed):
        assert address.startswith("http://127.0.0.1:")
        assert "█" not in printed


def test_without_a_network_a_teacher_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreachable(socket.socket):
        def connect(self, address: object) -> None:
            raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(cli.socket, "socket", Unreachable)
    assert cli.local_address() is None
    told = cli._invitation("http://127.0.0.1:5000/", Deployment(), connected=False)
    assert "in no network" in told


def test_a_class_of_60_has_room_and_a_variable_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Deployment.model_fields:
        monkeypatch.delenv(f"PLAYGROUND_{name.upper()}", raising=False)
    alone, many = Deployment(), classroom()
    assert many.runs >= 60 * many.runs_per_visitor
    assert many.runs_per_visitor < alone.runs_per_visitor
    assert many.upload < alone.upload
    assert set(CLASSROOM) <= set(Deployment.model_fields)
    assert Deployment(**CLASSROOM).model_dump(exclude={"data"}) == many.model_dump(exclude={"data"})
    monkeypatch.setenv("PLAYGROUND_RUNS_PER_VISITOR", "7")
    assert classroom().runs_per_visitor == 7
    assert classroom().runs == CLASSROOM["runs"]


def test_a_code_on_a_page_is_dark_on_light_and_says_its_address() -> None:
    url = 'http://10.0.0.5:5000/rooms/x?a=1&b="2"'
    drawn = str(qr_svg(url))
    assert 'aria-label="http://10.0.0.5:5000/rooms/x?a=1&amp;b=&#34;2&#34;"' in drawn
    side = len(expected(url))
    assert f'viewBox="0 0 {side} {side}"' in drawn
    dark = [[False] * side for _ in range(side)]
    path = re.search(r'stroke="#000" d="([^"]+)"', drawn)
    assert path
    x, y = 0.0, 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", path[1]):
        given = [float(each) for each in re.findall(r"-?[\d.]+", numbers)]
        if command == "M":
            x, y = given
        elif command == "m":
            x, y = x + given[0], y + given[1]
        else:
            for column in range(int(x), int(x + given[0])):
                dark[int(y)][column] = True
            x += given[0]
    assert dark == expected(url)


def test_a_terminal_without_blocks_gets_the_code_all_the_same() -> None:
    assert set(qr_text("http://10.0.0.5:5000/")) <= set("█▀▄ \n")
    plain = qr_text("http://10.0.0.5:5000/", "ascii")
    assert plain.isascii()
    assert "\033[7m" in plain
