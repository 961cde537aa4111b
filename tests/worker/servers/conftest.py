"""A running pickup server, and who stands before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko
import pytest

from tests.worker.servers.sftp_kit import (
    QUICK,
    StockClient,
    Users,
    connected,
    sftp_of,
    write_known_hosts,
)
from worker.servers.doorkeeper import Doorkeeper
from worker.servers.host_keys import host_keys
from worker.servers.sftp import Limits, PickupServer


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[paramiko.PKey, ...]:
    """Host keys, made once: RSA takes its time."""
    return host_keys(tmp_path_factory.mktemp("host_keys"))


@pytest.fixture
def users(tmp_path: Path) -> Users:
    users = Users()
    users.add("acme", tmp_path / "pickup" / "acme")
    users.add("acme-2", tmp_path / "pickup" / "acme")
    users.add("globex", tmp_path / "pickup" / "globex")
    return users


@pytest.fixture
def folder(users: Users) -> Path:
    return users.folders["acme"]


@pytest.fixture
def serve(users: Users, keys: tuple[paramiko.PKey, ...]) -> Iterator[Callable[..., PickupServer]]:
    """Starts a server with other limits; stopped at the end."""
    started = []

    def start(limits: Limits = QUICK, doorkeeper: Doorkeeper | None = None) -> PickupServer:
        server = PickupServer(
            host="127.0.0.1", port=0, keys=keys, authenticator=users, limits=limits, doorkeeper=doorkeeper
        )
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def port(serve: Callable[..., PickupServer]) -> int:
    return serve().address[1]


@pytest.fixture
def stock(
    port: int, tmp_path: Path, keys: tuple[paramiko.PKey, ...], require_program: Callable[[str], str]
) -> StockClient:
    home = tmp_path / "customer"
    home.mkdir()
    write_known_hosts(home / "known_hosts", port, keys)
    return StockClient(program=require_program("sftp"), port=port, home=home)


@pytest.fixture
def client(port: int) -> Iterator[paramiko.SFTPClient]:
    with connected(port) as transport, sftp_of(transport) as client:
        yield client
