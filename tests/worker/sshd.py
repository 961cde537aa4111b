"""A stock OpenSSH server on loopback, a line to it that can be cut, and a receiver that takes at once."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_START_SECONDS = 10
_PRIVILEGE_SEPARATION = Path("/run/sshd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sshd:
    """A running server: its folder for files, the key that opens it, and its own fingerprint."""

    port: int
    folder: Path
    private_key: str
    fingerprint: str

    def settings(self, **changed: object) -> dict[str, object]:
        """What a facility sets to send everything there."""
        return {
            "ach_gateway": "sftp",
            "other_gateway": "sftp",
            "sftp.host": "127.0.0.1",
            "sftp.port": self.port,
            "sftp.user": getpass.getuser(),
            "sftp.auth": "key",
            "sftp.folder": str(self.folder),
            "sftp.host_keys": f"ssh-ed25519 {self.fingerprint}",
        } | {f"sftp.{name}": value for name, value in changed.items()}

    def names(self) -> list[str]:
        """What stands in the folder, hidden names too."""
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())


@contextmanager
def running(sshd: str, folder: Path, *, options: tuple[str, ...] = (), subsystem: str = "") -> Iterator[Sshd]:
    """Start one as this very user (who need not be root), and stop it."""
    folder.mkdir(parents=True)
    inbox, config = folder / "inbox", folder / "sshd_config"
    inbox.mkdir()
    for name in ("host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    (folder / "authorized_keys").write_bytes((folder / "user_key.pub").read_bytes())
    if os.geteuid() == 0:
        _PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
    port = free_port()
    config.write_text(
        "\n".join(
            [
                f"Port {port}",
                "ListenAddress 127.0.0.1",
                f"HostKey {folder}/host_key",
                f"AuthorizedKeysFile {folder}/authorized_keys",
                "PidFile none",
                "StrictModes no",
                "PermitRootLogin yes",
                "MaxStartups 100",
                f"Subsystem sftp internal-sftp {subsystem}",
                *options,
                "",
            ]
        )
    )
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([sshd, "-D", "-e", "-f", config], stdin=subprocess.DEVNULL, stderr=log)
    try:
        _wait_for(server, port, folder / "log")
        yield Sshd(
            port=port,
            folder=inbox,
            private_key=(folder / "user_key").read_text(),
            fingerprint=_fingerprint(folder / "host_key.pub"),
        )
    finally:
        server.terminate()
        server.wait(10)


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _fingerprint(public: Path) -> str:
    shown = subprocess.run(["ssh-keygen", "-l", "-f", public], check=True, capture_output=True, text=True)
    return shown.stdout.split()[1]


def _wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise AssertionError(f"sshd does not answer: {log.read_text()}")


class Line:
    """A TCP relay to the server that cuts its connections after so many bytes towards it, and counts."""

    def __init__(self, port: int) -> None:
        self.cut_after: int | None = None
        """Of the next connection; None: never."""
        self.only_answers = False
        """Cut the way back only: the server still gets everything, and nobody hears of it."""
        self.stalls = False
        """Do not cut: let nothing through any more, in either direction."""
        self.stalled = False
        """Whether it came to that."""
        self.connections = 0
        self.bytes = 0
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._over = threading.Event()
        self._answered = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Line:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                ours, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self.bytes = 0
            theirs = socket.create_connection(("127.0.0.1", self._to))
            threading.Thread(target=self._connect, args=(ours, theirs), daemon=True).start()

    def _connect(self, ours: socket.socket, theirs: socket.socket) -> None:
        """Relay both ways, and close when both are over: the number of a closed socket is the next one's."""
        with ours, theirs:
            cut = threading.Event()
            back = threading.Thread(target=self._relay, args=(theirs, ours, False, cut), daemon=True)
            back.start()
            self._relay(ours, theirs, True, cut)
            back.join()

    def _relay(self, source: socket.socket, sink: socket.socket, counted: bool, cut: threading.Event) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if counted:
                    data = self._count(data, cut)
                if cut.is_set() and self.stalls:
                    self.stalled = True
                    self._over.wait()
                if cut.is_set() and self.only_answers and not counted:
                    self._answered.set()
                    continue
                sink.sendall(data)
                if cut.is_set():
                    if self.only_answers:
                        self._answered.wait(2)  # the server did what it was asked, unless it needs more
                    break
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _count(self, data: bytes, cut: threading.Event) -> bytes:
        """What of it gets through."""
        room = None if self.cut_after is None else max(0, self.cut_after - self.bytes)
        self.bytes += len(data)
        if room is None or len(data) < room:
            return data
        self._answered.clear()
        cut.set()
        return data if self.only_answers else data[:room]


@contextmanager
def receiver(folder: Path, taken: Path) -> Iterator[None]:
    """Whoever takes each file away in the moment it has its name, as many receivers do."""
    taken.mkdir()
    stop = threading.Event()

    def take() -> None:
        last = False
        while not last:
            last = stop.is_set()  # once more after the last file has come
            for path in list(folder.iterdir()):
                if not path.name.startswith("."):
                    path.rename(taken / path.name)

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
