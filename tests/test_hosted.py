"""A hosted instance: two web processes, two workers, Redis and PostgreSQL, as operators have it."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from playground.expression.state import Lab
from playground.storage.store import Store
from tests.chaos.hosted import failing
from tests.cluster import Cluster, cluster, missing
from tests.install import may_install
from tests.playground.test_operator_cli import number_of_page
from tests.visitor import Visitor

LACKING = missing()
pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(bool(LACKING) and not may_install(), reason=LACKING),
]


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("hosted") / "cluster") as running:
        yield running


def both(instance: Cluster) -> tuple[Visitor, Visitor]:
    """One visitor as two web processes see them."""
    one, other = Visitor(instance.server(0)), Visitor(instance.server(1))
    one.ask("GET", "/")
    other.cookie = one.cookie
    return one, other


def soon(true: Callable[[], bool], seconds: float = 5.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.02)
    return False


def test_any_web_process_answers_for_any_run(instance: Cluster) -> None:
    one, other = both(instance)
    run = one.begin("hidden=3&samples=20&speed=100").partition("?")[0]
    assert other.state(run)["step"] == 0
    with other.watch(run):
        one.ask("POST", f"{run}/play")
        assert other.state(run)["playing"]
        assert soon(lambda: other.state(run)["step"] > 20)
        assert other.ask("POST", f"{run}/change", "name=rate&rate=0.03")[0] == 303
        last = other.state(run)["step"]
        assert soon(lambda: one.state(run)["step"] > last + 20)
        other.ask("POST", f"{run}/pause")
        stands = one.state(run)
        assert not stands["playing"]
        assert other.state(run) == stands
        one.ask("POST", f"{run}/step")
        assert other.state(run)["step"] == stands["step"] + 1
        other.ask("POST", f"{run}/seek", "step=7")
        assert one.state(run)["step"] == 7
        branch = one.ask("POST", f"{run}/step")[1]["Location"].partition("?")[0]
        assert branch != run
        assert other.state(branch)["step"] == 8
        one.ask("POST", f"{run}/reset")
        assert other.state(run)["step"] == 0


def test_a_page_sees_what_it_chose_by_way_of_another_process(instance: Cluster) -> None:
    one, other = both(instance)
    run = one.begin("hidden=3&samples=20&speed=10&then=play").partition("?")[0]
    frames: list[str] = []

    def watch() -> None:
        for name, data in one.events(run):
            if name == "figures":
                frames.append(data)
            if "gradients" in (frames or [""])[-1] or len(frames) > 200:
                return

    thread = threading.Thread(target=watch)
    thread.start()
    assert soon(lambda: bool(frames))
    other.ask("POST", f"{run}/view", "page=visitor&panel=layers")
    assert soon(lambda: "gradients" in frames[-1] or "weights" in frames[-1]), frames[-1][:300]
    one.ask("POST", f"{run}/delete")
    assert other.ask("GET", run)[0] == 404


def test_the_last_viewers_leaving_pauses_the_run(instance: Cluster) -> None:
    one, other = both(instance)
    run = one.begin("hidden=3&samples=20&speed=100&then=play").partition("?")[0]
    stream = one.watch(run)
    assert soon(lambda: other.state(run)["step"] > 10)
    stream.close()
    assert soon(lambda: not other.state(run)["playing"], 6.0)
    assert soon(lambda: other.state(run)["step"] == one.state(run)["step"])


def test_a_run_is_nobody_elses_at_any_web_process(instance: Cluster) -> None:
    one, _ = both(instance)
    run = one.begin("hidden=3&samples=20").partition("?")[0]
    stranger = Visitor(instance.server(1))
    assert stranger.ask("GET", run)[0] == 404
    for what in ("play", "pause", "step", "reset", "seek", "delete", "view"):
        assert stranger.ask("POST", f"{run}/{what}", "step=1")[0] == 404, what


def test_a_room_is_followed_at_another_web_process(instance: Cluster) -> None:
    leader, elsewhere = both(instance)
    headers = {"HX-Request": "true"}
    leader.ask("POST", "/rooms", "state=", headers)
    page = elsewhere.ask("GET", "/expression")[2].decode()
    code = page.partition('class="roomcode">')[2].partition("<")[0]
    assert len(code) == 6
    follower = Visitor(instance.server(1))
    assert follower.ask("GET", f"/rooms/{code}")[0] == 200
    events: list[str] = []

    def follow() -> None:
        for name, data in follower.events(f"/rooms/{code}"):
            events.append(f"{name} {data}")
            if name == "end":
                return

    thread = threading.Thread(target=follow)
    thread.start()
    assert soon(lambda: bool(events))
    assert _led(leader, code, lambda page: 'role="status">1 follower' in page)
    before = len(events)
    text = "a = 2\nb = a * 3"
    state = urlencode({"state": Lab(code=text).query(), "text": text, "command": "first"})
    leader.ask("POST", "/expression", state, headers | {"Room": code})
    assert soon(lambda: len(events) > before)
    leader.ask("POST", f"/rooms/{code}/pointer", "id=graph&x=0.25&y=0.5")
    assert soon(lambda: any('"x":0.25' in data for data in events))
    follower.ask("POST", f"/rooms/{code}/want")
    name = follower.ask("GET", f"/rooms/{code}")[2].decode()
    assert _led(leader, code, lambda page: page.count("hand-over") == 1), name[:200]
    assert follower.ask("POST", f"/rooms/{code}/close")[0] == 404
    leader.ask("POST", f"/rooms/{code}/close")
    thread.join(10)
    assert events[-1].startswith("end")
    assert follower.ask("GET", f"/rooms/{code}")[0] == 303


def test_a_sweep_is_trained_by_workers(instance: Cluster) -> None:
    one, other = both(instance)
    spec = urlencode(
        {"samples": "20", "hidden": "2", "first": "rate", "first_values": "0.01, 0.03, 0.1",
         "second": "seed", "second_values": "0, 1, 2", "steps": "50"}
    )  # fmt: skip
    status, headers, page = one.ask("POST", "/sweeps", spec)
    assert status == 303, page[:2000]
    sweep = headers["Location"]
    assert soon(lambda: b"9 of 9 done" in other.ask("GET", sweep)[2], 15.0), other.ask(
        "GET", sweep
    )[2]
    assert Visitor(instance.server(1)).ask("GET", sweep)[0] == 404


def test_a_command_leaves_the_moments_that_workers_keep(instance: Cluster) -> None:
    one, other = both(instance)
    run = one.begin("hidden=3&samples=20&speed=1000").partition("?")[0]
    assert other.state(run)["step"] == 0  # it knows the run as it began
    one.ask("POST", f"{run}/play")
    store, id = Store(instance.database_url, threads=0), run.rpartition("/")[2]
    with one.watch(run):
        assert soon(lambda: len(store.snapshots(id, 10**9)) > 20, 15)
        other.ask("POST", f"{run}/change", "name=rate&rate=0.03")
        one.ask("POST", f"{run}/pause")
    before = len(store.snapshots(id, 10**9))
    other.ask("POST", f"{run}/change", "name=rate&rate=0.02")
    assert soon(lambda: b"0.02" in _logged(store, id), 5)
    assert len(store.snapshots(id, 10**9)) >= before > 20
    store.close()


def _logged(store: Store, id: str) -> bytes:
    row = store.find(id)
    assert row is not None
    return b"".join(body.encode() for _, body in row.log)


def test_who_is_forgotten_is_forgotten_everywhere(instance: Cluster) -> None:
    one, other = both(instance)
    run = one.begin("hidden=3&samples=20&speed=100&then=play").partition("?")[0]
    one.ask("POST", "/rooms", headers={
        "HX-Request": "true", "HX-Current-URL": f"{instance.server(0).url}network?run={run[6:]}"
    })  # fmt: skip
    with other.watch(run):
        assert soon(lambda: other.state(run)["step"] > 10)
        command = subprocess.run(
            [sys.executable, "-m", "playground", "forget-visitor", number_of_page(one),
             "--url", instance.server(1).url],
            env=os.environ | instance.webs[1].environment,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert "Deleted 1 run" in command.stdout
    for visitor in (one, other):
        assert visitor.ask("GET", run)[0] == 404


def _led(leader: Visitor, code: str, true: Callable[[str], bool]) -> bool:
    """Whether the leader comes to be told what is wanted."""
    return any(true(data) for _, data in leader.events_of(f"/rooms/{code}/lead", 8.0))


def test_a_run_that_nobody_touches_is_paused_by_its_worker(tmp_path: Path) -> None:
    with cluster(tmp_path, webs=1, workers=1, PLAYGROUND_IDLE_MINUTES="0.05") as instance:
        visitor = Visitor(instance.server(0))
        run = visitor.begin("hidden=3&samples=20&speed=100&then=play").partition("?")[0]
        frames = "".join(
            data for _, data in itertools.takewhile(
                lambda event: "of inactivity" not in event[1], visitor.events(run)
            )
        )  # fmt: skip
        assert '"step":' in frames
        assert not visitor.state(run)["playing"]


def test_every_part_may_fail_and_runs_go_on(tmp_path: Path) -> None:
    failing(tmp_path / "cluster", runs=6, only=("a worker is killed",))


def test_a_worker_without_servers_says_what_it_needs(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from playground.cli import main

    result = CliRunner().invoke(main, ["worker"], env={"PLAYGROUND_DATA": str(tmp_path)})
    assert result.exit_code == 1
    assert "PLAYGROUND_REDIS_URL" in result.output
