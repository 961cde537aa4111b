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
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            original = urlsplit(template).path.lstrip("/")
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(original))
        else:
            statement += sql.SQL(" TEMPLATE template0 ENCODING 'UTF8'")
        self._run(statement)
        self.made.append(name)
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def drop(self, url: str) -> None:
        """Remove a database, and whoever is connected to it."""
        name = urlsplit(url).path.lstrip("/")
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        self.made.remove(name)

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


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
    folder = programs()
    if folder is None:
        yield None
        return
    with _private(folder) as server:
        yield server


@contextlib.contextmanager
def _private(folder: Path) -> Iterator[Server]:
    account = _account()
    place = Path(tempfile.mkdtemp(prefix="waybill-pg-", dir="/tmp"))  # short: it becomes a socket's
    try:
        os.chown(place, account.pw_uid, account.pw_gid)
        make = f"{folder}/initdb -D {place}/data -U waybill -A trust -E UTF8 --locale=C.UTF-8 --no-sync"
        subprocess.run(make.split(), check=True, capture_output=True, cwd="/", **_identity(account))
        options = [part for key, value in _SETTINGS.items() for part in ("-c", f"{key}={value}")]
        with (place / "log").open("wb") as log:
            server = subprocess.Popen(
                [str(folder / "postgres"), "-D", str(place / "data"), "-k", str(place), *options],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd="/",
                **_identity(account),
            )
        try:
            url = f"postgresql://waybill@/postgres?host={place}"
            _wait(server, url, place / "log")
            yield Server(url)
        finally:
            server.send_signal(signal.SIGINT)  # "fast": ends sessions, does not wait for them
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(place, ignore_errors=True)


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
