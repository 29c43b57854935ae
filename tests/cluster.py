"""A hosted instance on this machine: Redis, PostgreSQL, web processes and workers, each a process
that can be killed and started again.

Servers come from the PATH or from where Debian puts them; `missing` says how to install them.
PostgreSQL refuses root: it runs as its own user there.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

from tests.install import install, may_install
from tests.server import Server

PLACES = ("/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt")
PACKAGES = ("redis-server", "postgresql")
USER = "postgres"


def program(name: str) -> str | None:
    """Where a server's program is."""
    paths = [str(path) for place in PLACES for path in sorted(Path(place).glob(f"*/bin/{name}"))]
    return paths[-1] if paths else shutil.which(name)


def missing() -> str:
    """Return what a cluster lacks, with the command that installs it; empty if it lacks nothing."""
    absent = _absent()
    if absent and may_install():
        install(*PACKAGES)
        absent = _absent()
    return f"{', '.join(absent)} not found: apt-get install {' '.join(PACKAGES)}" if absent else ""


def _absent() -> list[str]:
    return [name for name in ("redis-server", "postgres", "initdb") if not program(name)]


@dataclass
class Process:
    """A server: how it is started, and the process that runs."""

    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    user: str = ""
    log: Path = Path(os.devnull)
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.command, env=os.environ | self.environment, stdout=log, stderr=log,
                user=self.user or None, group=self.user or None,
                extra_groups=[] if self.user else None,
            )  # fmt: skip

    def end(self, by: int = signal.SIGTERM) -> None:
        """End it by a signal, and wait for that."""
        if self.running is not None and self.running.poll() is None:
            self.running.send_signal(by)
            self.running.wait(timeout=20)


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def answers(port: int, seconds: float = 20) -> None:
    """Waits until something listens on a port."""
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < until, f"nothing listens on port {port}"
            time.sleep(0.02)


@dataclass
class Cluster:
    """Two or more of everything but Redis and PostgreSQL."""

    redis: Process
    postgres: Process
    webs: list[Process]
    workers: list[Process]
    ports: list[int]
    redis_port: int
    postgres_port: int
    folder: Path

    @property
    def database_url(self) -> str:
        """PostgreSQL's."""
        return _database_url(self.postgres_port)

    def server(self, web: int) -> Server:
        """A web process, as tests know servers."""
        running = self.webs[web].running
        assert running is not None
        return Server(f"http://127.0.0.1:{self.ports[web]}/", running.pid)

    def ready(self, web: int, seconds: float = 120) -> None:
        """Waits until a web process is ready for visitors."""
        until = time.monotonic() + seconds
        while True:
            try:
                with urlopen(f"{self.server(web).url}readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                assert time.monotonic() < until, (self.folder / f"web{web}.log").read_text()[-3000:]
            time.sleep(0.05)


def _database_url(port: int) -> str:
    return f"postgresql+psycopg://playground@127.0.0.1:{port}/postgres"


@contextmanager
def cluster(folder: Path, webs: int = 2, workers: int = 2, **environment: str) -> Iterator[Cluster]:
    """A cluster with its data in a folder; all of it ends with the context."""
    user = USER if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
    redis_port, postgres_port, *ports = (free_port() for _ in range(2 + webs))
    database, redis_folder = folder / "postgres", folder / "redis"
    redis_folder.mkdir(parents=True)
    database.mkdir()
    folder.chmod(0o755)
    if user:
        for process in (folder, *folder.parents):
            if process != process.parent and process.stat().st_uid == 0:
                process.chmod(process.stat().st_mode | 0o011)
        os.chown(database, pwd.getpwnam(user).pw_uid, -1)
    subprocess.run(
        [str(program("initdb")), "-D", str(database), "-U", "playground", "-A", "trust",
         "--no-sync", "--locale=C", "--encoding=UTF8"],
        check=True, capture_output=True, user=user or None,
        extra_groups=[] if user else None, cwd="/",
    )  # fmt: skip
    shared = {
        "PLAYGROUND_DATA": str(folder / "data"),
        "PLAYGROUND_SECRET": "one for all of them",
        "PLAYGROUND_REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "PLAYGROUND_DATABASE_URL": _database_url(postgres_port),
    } | environment  # fmt: skip
    instance = Cluster(
        Process(
            [str(program("redis-server")), "--port", str(redis_port), "--bind", "127.0.0.1",
             "--dir", str(redis_folder), "--appendonly", "yes", "--save", ""],
            log=folder / "redis.log",
        ),
        Process(
            [str(program("postgres")), "-D", str(database), "-p", str(postgres_port),
             "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={database}"],
            user=user, log=folder / "postgres.log",
        ),
        [
            Process(
                [sys.executable, "-m", "playground", "--no-open", "--port", str(port)], shared,
                log=folder / f"web{i}.log",
            )
            for i, port in enumerate(ports)
        ],
        [
            Process([sys.executable, "-m", "playground", "worker"], shared,
                    log=folder / f"worker{i}.log")
            for i in range(workers)
        ],
        ports, redis_port, postgres_port, folder,
    )  # fmt: skip
    started = [instance.redis, instance.postgres]
    try:
        for process in started:
            process.start()
        answers(redis_port)
        answers(postgres_port)
        for process in (*instance.webs, *instance.workers):
            started.append(process)
            process.start()
            if process is instance.webs[0]:
                answers(ports[0], 60)  # it makes the tables
        for i in range(webs):
            instance.ready(i)
        yield instance
    finally:
        for process in reversed(started):
            process.end(signal.SIGKILL if process is not instance.postgres else signal.SIGINT)
