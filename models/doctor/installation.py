"""The installation itself: home, key, database, disk, queue, mail and the folders that files leave by."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from models import clock, secrets, services, settings
from models.database import SERVER, execute, is_postgresql
from models.doctor.finding import Finding, Level, judged
from models.errors import WaybillError
from models.fields import from_millis, to_millis
from models.settings import Settings

_LOW_DISK, _NO_DISK = 500 << 20, 50 << 20
_STUCK = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


def examine() -> Iterator[Finding]:
    """Every check that concerns the machine and not one legal entity."""
    setup = settings.current()
    yield judged(
        "home.permissions",
        "the home and the key can be read by one account only",
        _open_to_others(setup),
        f"chmod -R go-rwx {setup.home}",
    )
    yield judged(
        "key", "every stored secret opens with the key", _unopened(), "put the right waybill.key back, or set"
        " the secret again: waybill secret set NAME",
    )  # fmt: skip
    yield judged("database", "the database is whole", _database_faults(), "stop the services, then put a"
        " backup of the home back")  # fmt: skip
    yield judged("queue", "the queue can be read", _queue_faults(setup), _QUEUE_REMEDY[bool(setup.queue.url)])
    yield from _disk(setup)
    yield judged(
        "pickup.folders",
        "the pickup and staging folders can be written and stand on one file system",
        _pickup_faults(setup),
        "mount it and let the service account write there; a new one is set up by: waybill init",
    )
    yield judged(
        "services.worker",
        "a worker runs",
        _missing_worker(),
        "start one: waybill up, or as a service: waybill worker",
        level=Level.WARNING,
    )
    yield from _mail(setup)
    yield from _clock()


def _open_to_others(setup: Settings) -> Iterator[str]:
    # Whoever cannot enter the home cannot read what is in it; the key is to be safe even in a copy.
    for path in (setup.home, setup.key_file):
        if path.exists() and path.stat().st_mode & 0o077:
            yield f"{path} has mode {path.stat().st_mode & 0o777:o}"


def _unopened() -> Iterator[str]:
    for (name,) in execute("SELECT name FROM secret ORDER BY name").fetchall():
        try:
            secrets.reveal(name)
        except WaybillError as error:
            yield f"{name}: {error.message}"


def _database_faults() -> Iterator[str]:
    if is_postgresql():
        execute("SELECT 1").fetchone()
        return
    for (line,) in execute("PRAGMA quick_check").fetchall():
        if line != "ok":
            yield line
    for row in execute("PRAGMA foreign_key_check").fetchall():
        yield f"a row of {row[0]} points to a row of {row[2]} that is not there"


_QUEUE_REMEDY = {
    False: "stop the worker and delete the file: it holds nothing but bells, and is made again",
    True: "put queue.url right, or the server; until then jobs begin some seconds late",
}


def _queue_faults(setup: Settings) -> Iterator[str]:
    if setup.queue.url:
        yield from _server_faults(setup.queue.url)
        return
    if not setup.queue_file.exists():  # made when it is first used
        return
    try:
        queue = sqlite3.connect(f"file:{setup.queue_file}?mode=ro", uri=True, timeout=5)
        try:
            lines = [row[0] for row in queue.execute("PRAGMA quick_check")]
        finally:
            queue.close()
    except sqlite3.Error as error:
        lines = [str(error)]
    yield from (f"{setup.queue_file}: {line}" for line in lines if line != "ok")


def _server_faults(url: str) -> Iterator[str]:
    import psycopg

    try:
        psycopg.connect(url, **SERVER).close()
    except psycopg.Error as error:
        yield "the server of queue.url: " + str(error).partition("\n")[0]


def _disk(setup: Settings) -> Iterator[Finding]:
    free = {path: shutil.disk_usage(path).free for path in (setup.home, setup.archive, setup.pickup.parent)
            if path.is_dir()}  # fmt: skip
    lowest = min(free.values(), default=0)
    level = Level.BROKEN if lowest < _NO_DISK else Level.WARNING
    low = (f"{path}: {room >> 20:,} MB free" for path, room in free.items() if room < _LOW_DISK)
    remedy = "make room: exports wait or fail, and even deleting needs some"
    yield judged("disk", "there is room for records and files", low, remedy, level=level)


def _pickup_faults(setup: Settings) -> Iterator[str]:
    folders = (setup.pickup, setup.staging)
    for folder in folders:
        if not folder.is_dir():
            yield f"{folder} is not there"
        elif not os.access(folder, os.W_OK | os.X_OK):
            yield f"{folder} cannot be written"
    if all(map(Path.is_dir, folders)) and len({folder.stat().st_dev for folder in folders}) > 1:
        yield f"{setup.pickup} and {setup.staging} are on different file systems"


def _missing_worker() -> Iterator[str]:
    if not services.running(services.Kind.WORKER):
        at = services.last_seen(services.Kind.WORKER)
        yield f"none has been seen since {at:%Y-%m-%d %H:%M} UTC" if at else "none has ever been seen"


_OLD_MAIL = """
SELECT id, recipient, last_error FROM outbox_mail WHERE state IN ('waiting', 'sending') AND created_at < ?
ORDER BY id
"""
_GIVEN_UP = "SELECT id, recipient, last_error FROM outbox_mail WHERE state = 'given_up' ORDER BY id DESC"


def _mail(setup: Settings) -> Iterator[Finding]:
    missing = [] if setup.mail.host else ["mail.host is empty: notices about failures wait"]
    yield judged("mail.configured", "there is a mail server to tell of failures by", missing,
                 f"set [mail] in {setup.file}, then: waybill notification test you@example.com",
                 level=Level.WARNING)  # fmt: skip
    before = to_millis(clock.now() - _STUCK)
    stuck = (_letter(*row) for row in execute(_OLD_MAIL, (before,)).fetchall())
    yield judged("mail.outbox", "no notice waits for more than an hour", stuck,
                 "see that a worker runs and what the server says: waybill notification list",
                 level=Level.BROKEN if setup.mail.host else Level.WARNING)  # fmt: skip
    refused = (_letter(*row) for row in execute(_GIVEN_UP).fetchall())
    yield judged("mail.given_up", "no notice was given up", refused,
                 "mend the address or the server, then: waybill notification retry ID",
                 level=Level.WARNING)  # fmt: skip


def _letter(mail_id: int, recipient: str, error: str) -> str:
    return f"mail {mail_id} to {recipient}: {error or 'not tried yet'}"


def _clock() -> Iterator[Finding]:
    (last,) = execute("SELECT at FROM job_event ORDER BY id DESC LIMIT 1").fetchone() or (None,)
    now = clock.now()
    behind, ahead = [], []
    if last is not None:
        at = from_millis(last)
        if at > now + _MINUTE:
            behind.append(
                f"it is {now:%Y-%m-%d %H:%M} UTC, and a job was written down for {at:%Y-%m-%d %H:%M}"
            )
        if now > at + timedelta(days=366):
            ahead.append(f"it is {now:%Y-%m-%d} UTC, and the last job was at work on {at:%Y-%m-%d}")
    remedy = "set the machine's clock, and let it be kept by NTP: timedatectl"
    yield judged("clock.behind", "the clock is not behind what it wrote down before", behind, remedy)
    yield judged(
        "clock.ahead", "the clock is not far ahead of the last job", ahead, remedy, level=Level.WARNING
    )
