"""A PostgreSQL server of the tests' own, started from the installed programs, on a socket of its own.

Where `WAYBILL_TEST_POSTGRES_URL` names a server (an account that may create databases), that one is used.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

URL_VARIABLE = "WAYBILL_TEST_POSTGRES_URL"
_STARTS_WITHIN = 30.0
_CAN_COPY_FILES = 150_000  # the version that may choose, and would choose what takes ten times as long
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",  # what a test needs to survive is a killed process, not a power cut
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "autovacuum": "off",
}


def programs() -> Path | None:
    """The folder of the newest server's programs; Debian keeps them out of everyone's PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; makes databases."""

    url: str
    """Of its maintenance database."""
    made: list[str] = field(default_factory=list)

    def create(self, template: str | None = None) -> str:
        """A new database, a copy of another one if that is named; returns its URL."""
        name = f"waybill_{uuid.uuid4().hex[:12]}"
        original = urlsplit(template).path.lstrip("/") if template else "template0"
        statement = sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(original)
        )
        with self._connect() as connection:
            if connection.info.server_version >= _CAN_COPY_FILES:
                statement += sql.SQL(" STRATEGY file_copy")
            connection.execute(statement)
        self.made.append(name)
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def drop(self, url: str) -> None:
        """Remove a database, and whoever is connected to it."""
        name = urlsplit(url).path.lstrip("/")
        with self._connect() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
        self.made.remove(name)

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, autocommit=True)


@contextlib.contextmanager
def running() -> Iterator[Server | None]:
    """The server while the block runs; None where there is none and none can be started."""
    given = os.environ.get(URL_VARIABLE)
    if given:
        server = Server(given)
        yield server
        for name in list(server.made):
            server.drop(urlunsplit(urlsplit(given)._replace(path=f"/{name}")))
        return
    with private() as cluster:
        yield cluster.server if cluster else None


@contextlib.contextmanager
def private() -> Iterator[Cluster | None]:
    """A server that the caller may stop and start; None where there are no programs to make one with."""
    folder = programs()
    if folder is None:
        yield None
        return
    place = Path(tempfile.mkdtemp(prefix="waybill-pg-", dir="/tmp"))  # short: it becomes a socket's
    cluster = Cluster(folder, place)
    try:
        cluster.make()
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(place, ignore_errors=True)


class Cluster:
    """The files of a server of our own, and its process while that runs."""

    def __init__(self, programs: Path, place: Path) -> None:
        self._programs, self._place = programs, place
        self._account = _account()
        self._process: subprocess.Popen[bytes] | None = None
        self.server = Server(f"postgresql://waybill@/postgres?host={place}")

    def make(self) -> None:
        """Make its files."""
        os.chown(self._place, self._account.pw_uid, self._account.pw_gid)
        make = f"initdb -D {self._place}/data -U waybill -A trust -E UTF8 --locale=C.UTF-8 --no-sync"
        program, *options = make.split()
        command = [str(self._programs / program), *options]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **_identity(self._account))

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = [part for key, value in _SETTINGS.items() for part in ("-c", f"{key}={value}")]
        command = ["postgres", "-D", f"{self._place}/data", "-k", str(self._place), *options]
        log = self._place / "log"
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [str(self._programs / command[0]), *command[1:]],
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                cwd="/",
                **_identity(self._account),
            )
        _wait(self._process, self.server.url, log)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it, if it runs: SIGINT ends the sessions first, SIGQUIT is a crash."""
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def _account() -> pwd.struct_passwd:
    """Who the server runs as: it refuses to be root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("there is neither an account postgres nor nobody to run the server as")


def _identity(account: pwd.struct_passwd) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": ()}


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    limit = time.monotonic() + _STARTS_WITHIN
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.05)
        else:
            return
