"""The command, as a person starts it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gevent
import pytest
import segno
from click.testing import CliRunner

from playground import cli
from playground.http import addresses
from playground.qr import QUIET, qr_svg, qr_text
from playground.settings import CLASSROOM, Deployment, classroom


@contextmanager
def started(data: Path, *options: str, **environment: str) -> Iterator[tuple[str, str]]:
    """Start the real command on a free port. Yield the address that it prints first, and all that
    it printed.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "playground", "--no-open", "--port", "0", *options],
        env=os.environ | {"PLAYGROUND_DATA": str(data), "PYTHONIOENCODING": "utf-8"} | environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
    )  # fmt: skip
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        url = re.search(r"http://\S+/", first)
        assert url, first + process.stdout.read()
        end = r"is deleted\.|start again\."
        rest = _until(process, end) if "--classroom" in options else ""
        yield url[0], first + rest
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
    """Return a printed code of half blocks as rows of modules. Full blocks are light."""
    upper = {"█": (False, False), "▀": (False, True), "▄": (True, False), " ": (True, True)}
    rows: list[list[bool]] = []
    for line in text.splitlines():
        pairs = [upper[character] for character in line]
        rows += [[top for top, _ in pairs], [bottom for _, bottom in pairs]]
    return rows


def expected(url: str) -> list[list[bool]]:
    code = segno.make(url, micro=False)
    return [[bool(module) for module in row] for row in code.matrix_iter(border=QUIET)]


def test_a_class_reads_the_address_and_photographs_the_code(tmp_path: Path) -> None:
    with started(tmp_path, "--classroom") as (address, printed):
        port = int(address.rstrip("/").rpartition(":")[2])
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            assert answer.status == 200
        if cli.local_address() is None:
            assert "not on a network" in printed
            return
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert answer.status == 200
        blocks = [line for line in printed.splitlines() if line and set(line) <= set("█▀▄ ")]
        modules_of_url = expected(address)
        assert modules("\n".join(blocks))[: len(modules_of_url)] == modules_of_url
        assert f"{CLASSROOM['runs_per_visitor']} runs per person" in printed


def test_a_host_option_wins_over_that_of_the_classroom(tmp_path: Path) -> None:
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


def test_without_a_network_a_teacher_reads_why(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreachable(socket.socket):
        def connect(self, address: object) -> None:
            raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(addresses.socket, "socket", Unreachable)
    assert cli.local_address() is None
    text = cli._invitation("http://127.0.0.1:5000/", Deployment(), is_reachable=False)
    assert "not on a network" in text


def test_the_command_serves_until_a_signal_and_leaves_the_process_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PLAYGROUND_DATA", str(tmp_path))
    monkeypatch.setenv("DISPLAY", ":0")
    opened: list[str] = []
    monkeypatch.setattr(cli.webbrowser, "open", opened.append)
    handler = signal.getsignal(signal.SIGTERM)
    serving = gevent.spawn(cli.serve, "127.0.0.1", 0, False, True)
    output = ""
    while "is at" not in output:
        gevent.sleep(0.01)
        assert not serving.dead
        output += capsys.readouterr().out
    address = re.findall(r"http://\S+/", output)[0]
    with gevent.Timeout(10):
        while not opened:
            gevent.sleep(0.01)
        assert opened == [address]
        body = gevent.get_hub().threadpool.apply(lambda: urllib.request.urlopen(address).read())
        assert b"Backprop Playground" in body
        os.kill(os.getpid(), signal.SIGTERM)
        serving.get()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(address)
    assert signal.getsignal(signal.SIGTERM) == handler


def test_without_the_libraries_the_command_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    result = CliRunner().invoke(cli.main, ["--no-open"])
    assert result.exit_code == 1
    assert "pip install ." in result.output


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:80/lab/"),
        ("::1", "http://[::1]:80/lab/"),
        ("::", "http://127.0.0.1:80/lab/"),
        ("0.0.0.0", "http://127.0.0.1:80/lab/"),
    ],
)
def test_the_printed_address_can_be_opened(
    host: str, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment = Deployment(path_prefix="/lab")
    assert cli._announce(host, 80, deployment, is_classroom=False) == address
    assert address in capsys.readouterr().out


def test_a_class_that_nobody_can_reach_reads_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "local_address", lambda: None)
    cli._announce("0.0.0.0", 80, Deployment(), is_classroom=True)
    assert "not on a network" in capsys.readouterr().out
    monkeypatch.setattr(cli, "local_address", lambda: "10.0.0.5")
    assert cli._announce("0.0.0.0", 80, Deployment(), is_classroom=True) == "http://10.0.0.5:80/"
    assert "Limits: 50 runs per person and 1,000 runs in all." in capsys.readouterr().out


def test_a_class_of_60_people_has_room_and_a_variable_wins(monkeypatch: pytest.MonkeyPatch) -> None:
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
        values = [float(text) for text in re.findall(r"-?[\d.]+", numbers)]
        if command == "M":
            x, y = values
        elif command == "m":
            x, y = x + values[0], y + values[1]
        else:
            for column in range(int(x), int(x + values[0])):
                dark[int(y)][column] = True
            x += values[0]
    assert dark == expected(url)


def test_a_terminal_without_block_characters_shows_the_code_too() -> None:
    assert set(qr_text("http://10.0.0.5:5000/")) <= set("█▀▄ \n")
    plain = qr_text("http://10.0.0.5:5000/", "ascii")
    assert plain.isascii()
    assert "\033[7m" in plain
