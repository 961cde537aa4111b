"""The pickup server before clients that do not behave; paramiko's own server fails most of these."""

from __future__ import annotations

import resource
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import paramiko
import pytest
from paramiko.common import OPEN_FAILED_RESOURCE_SHORTAGE, cMSG_CHANNEL_DATA
from paramiko.message import Message

from tests.worker.servers.sftp_kit import (
    PASSWORD,
    Users,
    connected,
    sftp_of,
    wait_until,
)
from worker.servers.sftp_wire import MAX_READ


def raw(client: paramiko.SFTPClient, kind: int, *fields: object) -> tuple[int, Message]:
    answer: tuple[int, Message] = client._request(kind, *fields)  # type: ignore[attr-defined]
    return answer


def test_read_of_four_gigabytes_is_clamped(client: paramiko.SFTPClient, folder: Path) -> None:
    with (folder / "big").open("wb") as file:
        file.truncate(300_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with client.open("big") as opened:
        _, answer = raw(client, 5, opened.handle, paramiko.sftp.int64(0), 0xFFFFFFFF)
        assert len(answer.get_binary()) == MAX_READ
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
        with pytest.raises(OSError, match="no file is that long"):
            raw(client, 5, opened.handle, paramiko.sftp.int64(2**63), 10)
        with pytest.raises(EOFError):
            raw(client, 5, opened.handle, paramiko.sftp.int64(2**62), 10)


def test_check_file_is_refused_and_session_goes_on(client: paramiko.SFTPClient, folder: Path) -> None:
    (folder / "f").write_bytes(b"x" * 100_000)
    with client.open("f") as opened:
        with pytest.raises(OSError, match="not supported"):
            opened.check("md5", 0, 0, 0)
        assert opened.read(3) == b"xxx"


REFUSED_MODES = ["w", "r+", "a", "x", "wx", "rw"]


@pytest.mark.parametrize("mode", REFUSED_MODES)
def test_open_for_writing_is_refused(client: paramiko.SFTPClient, folder: Path, mode: str) -> None:
    (folder / "f").write_bytes(b"f")
    for path in ("f", "new"):
        with pytest.raises(PermissionError):
            client.open(path, mode)
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("f", b"f")]


def test_changing_content_is_refused_and_modes_are_ignored(client: paramiko.SFTPClient, folder: Path) -> None:
    (folder / "f").write_bytes(b"f" * 1000)
    (folder / "f").chmod(0o640)
    with pytest.raises(PermissionError):
        client.truncate("f", 500)
    with client.open("f") as opened:
        with pytest.raises(PermissionError):
            opened.truncate(500)
        with pytest.raises(PermissionError):
            raw(client, 6, opened.handle, paramiko.sftp.int64(0), b"written")
        opened.chmod(0o777)
    client.chmod("f", 0o777)
    client.utime("f", (1, 1))
    client.chown("f", 1, 1)
    with pytest.raises(FileNotFoundError):
        client.chmod("nothing", 0o777)
    assert (folder / "f").read_bytes() == b"f" * 1000
    assert (folder / "f").stat().st_mode & 0o777 == 0o640


def test_unknown_handle_is_answered(client: paramiko.SFTPClient) -> None:
    for kind, *rest in [(4,), (5, paramiko.sftp.int64(0), 10), (8,), (10, 0), (12,)]:
        with pytest.raises(OSError, match="not open"):
            raw(client, kind, b"nonsense", *rest)


def test_links_and_unknown_requests_are_refused(client: paramiko.SFTPClient, folder: Path) -> None:
    (folder / "f").write_bytes(b"f")
    with pytest.raises(PermissionError):
        client.symlink("/etc/passwd", "g")
    for act in (lambda: client.readlink("f"), lambda: raw(client, 200, "hardlink@openssh.com", "f", "g")):
        with pytest.raises(OSError, match="not supported"):
            act()
    with pytest.raises(OSError, match="not supported"):
        raw(client, 99)


def test_posix_rename_replaces_nothing(client: paramiko.SFTPClient, folder: Path) -> None:
    (folder / "a").write_bytes(b"a")
    (folder / "b").write_bytes(b"b")
    with pytest.raises(OSError, match="the name is taken"):
        client.posix_rename("a", "b")
    client.posix_rename("a", "c")
    assert sorted((path.name, path.read_bytes()) for path in folder.iterdir()) == [("b", b"b"), ("c", b"a")]


def test_handles_are_limited_and_given_back(client: paramiko.SFTPClient, folder: Path) -> None:
    (folder / "f").write_bytes(b"f")
    opened = [client.open("f") for _ in range(64)]
    with pytest.raises(OSError, match="at most 64"):
        client.open("f")
    with pytest.raises(OSError, match="at most 64"):
        client.listdir()
    for file in opened:
        file.close()
    assert client.listdir() == ["f"]


MALFORMED = [
    b"\x00\x00\x00\x00",
    b"\xff\xff\xff\xff",
    b"\x00\x04\x00\x01" + bytes(10),
    b"\x00\x00\x00\x02\x05\x00",
    struct.pack(">IBII", 9, 5, 1, 0xFFFFFFFF),
]


@pytest.mark.parametrize("packet", MALFORMED)
def test_malformed_packet_ends_the_session_only(port: int, packet: bytes) -> None:
    with connected(port) as transport:
        with sftp_of(transport) as client:
            client.get_channel().sendall(packet)  # type: ignore[union-attr]
            with pytest.raises((EOFError, OSError, paramiko.SSHException)):
                client.listdir()
        with sftp_of(transport) as client:
            assert client.listdir() == []


def test_names_with_odd_bytes_come_through(client: paramiko.SFTPClient, folder: Path) -> None:
    for name in ("über.csv", "a b", "'quoted\"", "-rf", "x" * 255):
        (folder / name).touch()
    assert sorted(client.listdir()) == sorted(path.name for path in folder.iterdir())


def test_channels_are_limited(port: int) -> None:
    with connected(port) as transport:
        before = threading.active_count()
        opened: list[paramiko.Channel] = []
        refused: list[int] = []
        for _ in range(100):
            try:
                opened.append(transport.open_session())
            except paramiko.ChannelException as error:
                refused.append(error.code)
        assert (len(opened), refused) == (10, [OPEN_FAILED_RESOURCE_SHORTAGE] * 90)
        assert threading.active_count() <= before + 1
        opened[0].close()
        channel = transport.open_session()
        channel.invoke_subsystem("sftp")
        wait_until(lambda: all(one.closed for one in opened))
        assert not channel.closed
        channel.close()


def test_second_session_on_one_channel_is_refused(port: int) -> None:
    with connected(port) as transport:
        channel = transport.open_session()
        channel.invoke_subsystem("sftp")
        with pytest.raises(paramiko.SSHException):
            channel.invoke_subsystem("sftp")


REQUESTS: list[Callable[[paramiko.Channel], object]] = [
    lambda channel: channel.invoke_shell(),
    lambda channel: channel.exec_command("id"),
    lambda channel: channel.get_pty(),
    lambda channel: channel.invoke_subsystem("shell"),
    lambda channel: channel.request_x11(),
]


@pytest.mark.parametrize("request_of", REQUESTS)
def test_shell_and_the_like_are_refused(port: int, request_of: Callable[[paramiko.Channel], object]) -> None:
    with connected(port) as transport:
        channel = transport.open_session()
        with pytest.raises(paramiko.SSHException):
            request_of(channel)


def test_forwarding_is_refused(port: int) -> None:
    with connected(port) as transport:
        with pytest.raises(paramiko.ChannelException):
            transport.open_channel("direct-tcpip", ("127.0.0.1", 22), ("127.0.0.1", 1))
        with pytest.raises(paramiko.ChannelException):
            transport.open_channel("x11", src_addr=("127.0.0.1", 22))
        with pytest.raises(paramiko.SSHException):
            transport.request_port_forward("127.0.0.1", 0)


def test_channel_before_login_is_refused(port: int) -> None:
    transport = paramiko.Transport(("127.0.0.1", port))
    try:
        transport.start_client(timeout=10)
        with pytest.raises(paramiko.ChannelException):
            transport.open_session(timeout=10)
    finally:
        transport.close()


def test_window_overrun_ends_the_connection(port: int) -> None:
    with connected(port) as transport:
        channel = transport.open_session()  # no subsystem: nobody reads it
        message = Message()
        message.add_byte(cMSG_CHANNEL_DATA)
        message.add_int(channel.remote_chanid)
        message.add_string(b"x" * 32_000)
        sent = 0
        while transport.is_active():
            assert sent < 20_000_000
            with suppress(EOFError, OSError):  # cut off in the middle of a packet
                transport._send_user_message(message)  # type: ignore[attr-defined]
            sent += 32_000


def test_announced_giant_packet_ends_the_connection(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(b"SSH-2.0-Hostile\r\n" + struct.pack(">I", 0x7FFFFFF4) + b"\x04" + bytes(100_000))
        received = b"-"
        while received:
            try:
                received = sock.recv(65_536)
            except ConnectionResetError:
                break


def test_empty_password_is_refused_even_when_it_matches(port: int, users: Users, tmp_path: Path) -> None:
    users.add("careless", tmp_path / "careless", password="")
    users.add("", tmp_path / "nameless")
    for user, password in [("careless", ""), ("", PASSWORD)]:
        with pytest.raises(paramiko.AuthenticationException), connected(port, user, password):
            pass


def test_password_that_is_not_text_is_refused(port: int) -> None:
    transport = paramiko.Transport(("127.0.0.1", port))
    try:
        transport.start_client(timeout=10)
        with pytest.raises(paramiko.AuthenticationException):
            transport.auth_password("acme", b"\xff\xfe", fallback=False)  # type: ignore[arg-type]
    finally:
        transport.close()


def test_key_of_unsupported_kind_leaves_other_ways_open(port: int) -> None:
    key = paramiko.ECDSAKey.generate()
    key.get_name = lambda: "sk-ssh-ed25519@openssh.com"  # type: ignore[method-assign]
    transport = paramiko.Transport(("127.0.0.1", port))
    try:
        transport.start_client(timeout=10)
        with pytest.raises(paramiko.AuthenticationException):
            transport.auth_publickey("acme", key)
        transport.auth_password("acme", PASSWORD)
        assert transport.is_authenticated()
    finally:
        transport.close()
