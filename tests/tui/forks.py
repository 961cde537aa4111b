"""Commands in processes of their own that begin with their imports done.

A command is forked from a process that has loaded everything and done nothing: what it does takes a tenth of
what starting Python for it takes. It has its own memory, standard streams, environment and exit code.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import pkgutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from typing import IO, Any, NoReturn

from tests.conftest import ROOT, clean_environment

_STREAMS = 3
_LONGEST = 1 << 16
_LIMIT = 60.0


class Nursery:
    """The process that commands are forked from."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ours.settimeout(_LIMIT)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.tui.forks", str(theirs.fileno())],
                cwd=ROOT,
                env=clean_environment(),
                pass_fds=[theirs.fileno()],
            )

    def close(self) -> None:
        """End it."""
        self._ours.close()
        self._process.wait(_LIMIT)

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str], stdin: str
    ) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of one command."""
        with (
            tempfile.TemporaryFile() as given,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            given.write(stdin.encode("utf-8", "surrogateescape"))
            given.seek(0)
            order = json.dumps([list(arguments), dict(environment)]).encode()
            socket.send_fds(self._ours, [order], [given.fileno(), out.fileno(), err.fileno()])
            code = int(self._ours.recv(_LONGEST))
            return code, _text(out), _text(err)


def nursery() -> Nursery:
    """That of this thread: commands that are to run at once have one each."""
    return _of_thread(threading.get_ident())


@cache
def _of_thread(_ident: int) -> Nursery:
    made = Nursery()
    atexit.register(made.close)
    return made


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "surrogateescape")


def _serve(orders: socket.socket) -> None:
    """Fork a process for every order until nobody gives any more."""
    while True:
        order, streams, *_ = socket.recv_fds(orders, _LONGEST, _STREAMS)
        if not order:
            return
        child = os.fork()
        if not child:
            orders.close()
            arguments, environment = json.loads(order)
            _become(arguments, environment, streams)
        for stream in streams:
            os.close(stream)
        _, status = os.waitpid(child, 0)
        orders.send(str(os.waitstatus_to_exitcode(status)).encode())


def _become(arguments: list[str], environment: dict[str, str], streams: Sequence[int]) -> NoReturn:
    """Be the command: its streams, its environment, its end."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["waybill", *arguments]
    code: Any = 1
    try:
        from tui.cli import main

        main()
        code = 0
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001 - as the interpreter itself would
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))


_BOUND = "worker.queue"
"""Made for the settings of the moment in which it is imported."""


def _load() -> None:
    """Import whatever a command may need and that is the same for every installation."""
    for name in ("models", "tui.cli", "worker.formats", "worker.sources", "worker.gateways"):
        package = importlib.import_module(name)
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if "migrations" not in found.name:
                importlib.import_module(found.name)
    if _BOUND in sys.modules:
        raise RuntimeError(f"{_BOUND} is loaded, and would be that of another command's installation")


if __name__ == "__main__":
    _load()
    with socket.socket(fileno=int(sys.argv[1])) as given_orders:
        _serve(given_orders)
