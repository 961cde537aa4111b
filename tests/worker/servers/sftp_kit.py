"""A pickup server's users in memory, and clients for it: the stock `sftp`, and one that need not behave."""

from __future__ import annotations

import os
import stat
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import paramiko

from worker.servers.sftp import Limits
from worker.servers.sftp_logins import Login

PASSWORD = "correct-horse"
QUICK = Limits(failed_login_seconds=0.05, revocation_seconds=0.2, unused_channel_seconds=0.5)
"""Limits that let a test see them at work without waiting."""


@dataclass
class Users:
    """An authenticator whose credentials a test can change under the server's hands."""

    folders: dict[str, Path] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    recorded: list[Login] = field(default_factory=list)
    failing: bool = False

    def add(self, user_name: str, folder: Path, password: str = PASSWORD) -> None:
        """A user with a password; the folder is made."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folders[user_name], self.passwords[user_name] = folder, password

    def check_password(self, user_name: str, password: str) -> Login | None:
        if self.passwords.get(user_name) != password:
            return None
        return self._login(user_name, f"password {password}")

    def check_key(self, user_name: str, key: str) -> Login | None:
        return self._login(user_name, f"key {key}") if key in self.keys.get(user_name, []) else None

    def record_logins(self, logins: Collection[Login]) -> None:
        if self.failing:
            raise RuntimeError("the database is away")
        self.recorded.extend(logins)

    def still_valid(self, logins: Sequence[Login]) -> Collection[Login]:
        if self.failing:
            raise RuntimeError("the database is away")
        return [
            login
            for login in logins
            if login.proof
            in (
                f"password {self.passwords.get(login.user_name)}",
                *(f"key {key}" for key in self.keys.get(login.user_name, [])),
            )
        ]

    def _login(self, user_name: str, proof: str) -> Login:
        number = list(self.folders).index(user_name)
        return Login(credential_id=number, user_name=user_name, folder=self.folders[user_name], proof=proof)


@dataclass(frozen=True, kw_only=True)
class StockClient:
    """The `sftp` program, told where the server is and which host keys to expect."""

    program: str
    port: int
    home: Path

    def run(
        self,
        *commands: str,
        user: str = "acme",
        password: str | None = PASSWORD,
        identity: Path | None = None,
        options: Sequence[str] = (),
    ) -> subprocess.CompletedProcess[str]:
        """Run a batch; the first command that fails ends it with exit code 1 (a leading `-` forgives)."""
        how = ["-oPreferredAuthentications=password"] if identity is None else [f"-oIdentityFile={identity}"]
        return subprocess.run(
            [
                self.program,
                "-oBatchMode=no",
                *["-F/dev/null", f"-P{self.port}", f"-oUserKnownHostsFile={self.home / 'known_hosts'}"],
                *["-oGlobalKnownHostsFile=/dev/null", "-oStrictHostKeyChecking=yes", "-oIdentityAgent=none"],
                *["-oIdentitiesOnly=yes", "-oNumberOfPasswordPrompts=1", *how],
                *(f"-o{option}" for option in options),
                *["-b-", f"{user}@127.0.0.1"],
            ],
            input="\n".join(commands) + "\n",
            env={**os.environ, **self._askpass(password or ""), "HOME": str(self.home)},
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def _askpass(self, password: str) -> dict[str, str]:
        script = self.home / "askpass"
        if not script.exists():
            script.write_text('#!/bin/sh\nprintf "%s\\n" "$TEST_PASSWORD"\n')
            script.chmod(stat.S_IRWXU)
        return {"SSH_ASKPASS": str(script), "SSH_ASKPASS_REQUIRE": "force", "TEST_PASSWORD": password}


def write_known_hosts(path: Path, port: int, keys: Sequence[paramiko.PKey]) -> None:
    """The file by which a client knows the server."""
    lines = [f"[127.0.0.1]:{port} {key.get_name()} {key.get_base64()}\n" for key in keys]
    path.write_text("".join(lines))


@contextmanager
def connected(port: int, user: str = "acme", password: str = PASSWORD) -> Iterator[paramiko.Transport]:
    """A logged-in connection of a client that need not behave."""
    transport = paramiko.Transport(("127.0.0.1", port))
    try:
        transport.connect(username=user, password=password)
        yield transport
    finally:
        transport.close()
        transport.join(5)


@contextmanager
def sftp_of(transport: paramiko.Transport) -> Iterator[paramiko.SFTPClient]:
    """An SFTP session of such a connection."""
    client = paramiko.SFTPClient.from_transport(transport)
    assert client is not None
    try:
        yield client
    finally:
        client.close()


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something that has to come about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)
