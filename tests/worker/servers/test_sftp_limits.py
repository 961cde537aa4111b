"""What ends a session or keeps one from beginning: time, revocation, numbers, bans, the end of the server."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path

import paramiko
import pytest

from models.errors import ConfigurationError
from tests.worker.servers.sftp_kit import (
    QUICK,
    Users,
    connected,
    sftp_of,
    wait_until,
)
from worker.servers.doorkeeper import Doorkeeper
from worker.servers.sftp import Limits, PickupServer


def test_credential_revoked_mid_session_ends_it(port: int, users: Users) -> None:
    with (
        connected(port) as acme,
        connected(port, "globex") as globex,
        sftp_of(acme),
        sftp_of(globex) as other,
    ):
        users.passwords["acme"] = "new one"
        wait_until(lambda: not acme.is_active())
        assert other.listdir() == []
    with pytest.raises(paramiko.AuthenticationException), connected(port):
        pass


def test_removed_key_ends_only_its_sessions(port: int, users: Users) -> None:
    key = paramiko.ECDSAKey.generate()
    users.keys["acme"] = [f"{key.get_name()} {key.get_base64()}"]
    transport = paramiko.Transport(("127.0.0.1", port))
    try:
        transport.connect(username="acme", pkey=key)
        with connected(port) as by_password, sftp_of(by_password) as client:
            users.keys["acme"] = []
            wait_until(lambda: not transport.is_active())
            assert client.listdir() == []
    finally:
        transport.close()


def test_logins_are_recorded_even_when_they_are_short(port: int, users: Users) -> None:
    with connected(port):
        pass
    wait_until(lambda: [login.user_name for login in users.recorded] == ["acme"])


def test_login_just_before_the_stop_is_recorded(serve: Callable[..., PickupServer], users: Users) -> None:
    server = serve(Limits(revocation_seconds=60))
    with connected(server.address[1]):
        wait_until(lambda: len(users.recorded) == 1)
        with connected(server.address[1], "globex"):
            server.stop()
    assert [login.user_name for login in users.recorded] == ["acme", "globex"]


def test_looked_up_key_is_no_login(port: int, users: Users) -> None:
    key = paramiko.ECDSAKey.generate()
    impostor = paramiko.ECDSAKey.generate()
    users.keys["acme"] = [f"{key.get_name()} {key.get_base64()}"]
    transport = paramiko.Transport(("127.0.0.1", port))
    try:
        transport.start_client(timeout=10)
        key.sign_ssh_data = impostor.sign_ssh_data  # type: ignore[method-assign]
        with pytest.raises(paramiko.AuthenticationException):
            transport.auth_publickey("acme", key)
    finally:
        transport.close()
    with connected(port, "globex"):
        wait_until(lambda: bool(users.recorded))
    assert {login.user_name for login in users.recorded} == {"globex"}


def test_database_that_is_away_leaves_sessions_alone(
    port: int, users: Users, caplog: pytest.LogCaptureFixture
) -> None:
    users.failing = True
    with connected(port) as transport, sftp_of(transport) as client:
        wait_until(lambda: "sftp.credentials_unreachable" in caplog.text)
        assert client.listdir() == []
        users.failing = False
        wait_until(lambda: len(users.recorded) == 1)


def test_connection_without_login_is_ended(serve: Callable[..., PickupServer]) -> None:
    port = serve(Limits(login_seconds=0.5)).address[1]
    transport = paramiko.Transport(("127.0.0.1", port))
    try:
        transport.start_client(timeout=10)
        wait_until(lambda: not transport.is_active())
    finally:
        transport.close()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as silent:
        while silent.recv(1000):
            pass


def test_idle_session_is_ended_and_busy_one_is_not(serve: Callable[..., PickupServer]) -> None:
    port = serve(Limits(idle_seconds=1)).address[1]
    with connected(port) as idle, connected(port) as busy, sftp_of(busy) as client:
        wait_until(lambda: bool(client.listdir(".") == []) and not idle.is_active())
        assert busy.is_active()


def test_connections_are_limited_by_credential_and_address(serve: Callable[..., PickupServer]) -> None:
    server = serve(Limits(connections_per_credential=2, connections_per_address=4, failed_login_seconds=0))
    port = server.address[1]
    with connected(port), connected(port):
        with pytest.raises(paramiko.AuthenticationException), connected(port):
            pass
        wait_until(lambda: server.connections == 2)
        with (
            connected(port, "globex"),
            connected(port, "globex"),
            pytest.raises((EOFError, OSError, paramiko.SSHException)),
            connected(port, "acme-2"),
        ):
            pass


def test_address_that_keeps_guessing_is_banned(serve: Callable[..., PickupServer]) -> None:
    doorkeeper = Doorkeeper(allowed=3, window_seconds=60, ban_seconds=60, spare_loopback=False)
    port = serve(QUICK, doorkeeper).address[1]
    for _ in range(3):
        with pytest.raises((EOFError, OSError, paramiko.SSHException)), connected(port, password="wrong"):
            pass
    with pytest.raises((EOFError, OSError, paramiko.SSHException)), connected(port):
        pass


def test_failed_password_waits(serve: Callable[..., PickupServer]) -> None:
    port = serve(Limits(failed_login_seconds=0.7)).address[1]
    began = time.monotonic()
    with pytest.raises(paramiko.AuthenticationException), connected(port, password="wrong"):
        pass
    assert time.monotonic() - began >= 0.7


def test_stop_ends_sessions_and_frees_the_port(
    serve: Callable[..., PickupServer], users: Users, keys: tuple[paramiko.PKey, ...]
) -> None:
    server = serve()
    with connected(server.address[1]) as transport, sftp_of(transport):
        server.stop()
        wait_until(lambda: not transport.is_active())
    with PickupServer(host="127.0.0.1", port=server.address[1], keys=keys, authenticator=users) as again:
        assert again.address == server.address


def test_address_in_use_is_said(users: Users, port: int, keys: tuple[paramiko.PKey, ...]) -> None:
    with pytest.raises(ConfigurationError, match=f"cannot listen on 127.0.0.1 port {port}"):
        PickupServer(host="127.0.0.1", port=port, keys=keys, authenticator=users).start()


def test_missing_folder_ends_the_session_and_is_logged(
    port: int, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.rmdir()
    refused = pytest.raises((EOFError, OSError, paramiko.SSHException))
    with connected(port) as transport, refused, sftp_of(transport):
        pass
    wait_until(lambda: "sftp.folder_unusable user=acme" in caplog.text)
