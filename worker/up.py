"""`waybill up`: every service as a child of one foreground process; all stop together.

A service that ends by itself is started again after a moment, as a supervisor would; SIGTERM, SIGINT or
SIGHUP stops the children, by their process ids, and waits for them. Where this process is killed, the
children see the end of a pipe that only it holds, and stop by themselves.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from types import FrameType

from models import settings

log = logging.getLogger(__name__)

_START = "from worker.up import end_with; end_with({pipe}); from tui.cli import main; main()"
_RESTART_SECONDS = 2.0
_STOP_SECONDS = 30.0


def services() -> tuple[str, ...]:
    """Those that run: the web server only where the settings want one."""
    return ("worker", "sftp", "web") if settings.current().web.enabled else ("worker", "sftp")


def run() -> None:
    """Run the services until told to stop."""
    stop = threading.Event()

    def on_signal(number: int, _: FrameType | None) -> None:
        log.info("up.stopping signal=%s", signal.Signals(number).name)
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGHUP, on_signal)  # the terminal it ran in was closed
    childrens_end, _held = os.pipe()  # what is held is closed by the kernel when this process is no more
    children = {service: _start(service, childrens_end) for service in services()}
    while not stop.wait(0.2):
        for service, child in children.items():
            if child.poll() is not None:
                log.warning("up.restarting service=%s exit=%s", service, child.returncode)
                if stop.wait(_RESTART_SECONDS):
                    break
                children[service] = _start(service, childrens_end)
    _stop(children)


def end_with(pipe: int) -> None:
    """Stop this process, as SIGTERM does, once nobody holds the other end of a pipe."""

    def watch() -> None:
        os.read(pipe, 1)  # nobody ever writes to it
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


def _start(service: str, pipe: int) -> subprocess.Popen[bytes]:
    home = str(settings.current().home)
    environment = os.environ | {settings.HOME_VARIABLE: home}
    # A group of its own: an interrupt at the terminal reaches this process alone, which then stops them.
    child = subprocess.Popen(  # noqa: S603 - this very program
        [sys.executable, "-c", _START.format(pipe=pipe), service],
        env=environment,
        process_group=0,
        pass_fds=(pipe,),
    )
    log.info("up.started service=%s pid=%s", service, child.pid)
    return child


def _stop(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for child in children.values():
        child.terminate()
    for service, child in children.items():
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            log.warning("up.killing service=%s", service)
            child.kill()
            child.wait()
    log.info("up.stopped")
