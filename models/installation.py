"""An installation: made by `init`, opened by everything else, migrated under a lock."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from peewee import Database
from playhouse.migrations import Runner

from models import people, secrets, settings
from models.database import bind, connection, database, execute, is_postgresql
from models.errors import ConfigurationError
from models.settings import Settings
from models.tables import TABLES as _TABLES  # noqa: F401 - whoever opens a home knows every table

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK_FILE = ".migrate.lock"
_MIGRATING = 0x5741_5941  # the number of PostgreSQL's advisory lock
_OWN_FILES = {settings.SETTINGS_FILE, "waybill.key", "waybill.db", _LOCK_FILE}

_SETTINGS_TEXT = """\
# Settings of this Waybill installation. Each can be overridden by an environment variable: mail.host by
# WAYBILL_MAIL_HOST. Secrets never stand here: waybill secret set mail.password

[mail]
# host = "smtp.example.com"      # without a host no mail is sent; notices wait
# port = 587
# tls = "starttls"               # none, starttls or tls
# user = "waybill@example.com"
# sender = "waybill@example.com"
# support = "support@example.com"  # told of every failed export

[sftp]
# host = "127.0.0.1"             # 0.0.0.0 lets other machines fetch files
# port = 2222

[web]
# enabled = true                 # waybill up starts it too
# port = 8080                    # on this machine only; for other addresses see docs/web.md

[worker]
# lease_seconds = 30

# Several machines: both on PostgreSQL, the folders of [files] on storage that they share. Passwords stand in
# the service account's ~/.pgpass.
[database]
# url = "postgresql://waybill@db.example.com/waybill"

[queue]
# url = "postgresql://waybill@db.example.com/waybill"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What `init` had to make; all False and empty on a second run."""

    home: bool
    settings_file: bool
    key: bool
    migrations: list[str]
    administrator: str | None

    @property
    def anything(self) -> bool:
        """Whether anything was changed."""
        return bool(self.home or self.settings_file or self.key or self.migrations or self.administrator)


def create(home: Path, *, email: str | None = None) -> Made:
    """Make the home, settings file, key, database and first Administrator; what is there is left alone."""
    account = people.calling_account()
    email = people.checked_email(email or f"{account}@localhost")
    made_home = _make_home(home)
    with _lock(home / _LOCK_FILE):
        made_file = _write_settings(home / settings.SETTINGS_FILE)
        loaded = settings.load(home)
        settings.use(loaded)
        for folder in (loaded.archive, loaded.pickup, loaded.staging):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made_key = secrets.create_key(loaded)
        if not loaded.database.url and not (loaded.home / "waybill.db").exists():
            (loaded.home / "waybill.db").touch(mode=0o600)  # opening it does not make it
        bind(loaded)
        with connection(), _server_lock():
            _check_encoding()
            applied = list(runner(database.obj).up())
            first = people.create_first_administrator(email, account)
    return Made(
        home=made_home,
        settings_file=made_file,
        key=made_key,
        migrations=applied,
        administrator=first.email if first else None,
    )


def open_home(home: Path | None = None) -> Settings:
    """Load the settings, bind the database and refuse a home that is not there or not of this version."""
    loaded = settings.load(home)
    database_file = loaded.home / "waybill.db"
    if not loaded.database.url and not database_file.exists() and not is_untouched(loaded.home):
        raise ConfigurationError(
            f"the database {database_file} is gone",
            remedy="put it back, or restore a backup; to begin with an empty one: waybill init",
            code="database_gone",
        )
    if is_untouched(loaded.home):
        raise ConfigurationError(
            f"there is no installation in {loaded.home}",
            remedy="make one: waybill init, or name another with --home",
            code="no_installation",
        )
    settings.use(loaded)
    bind(loaded)
    with connection():
        _check_schema()
    return loaded


def is_untouched(home: Path) -> bool:
    """Whether nothing was ever set up there, so that making an installation loses sight of nothing."""
    return not home.is_dir() or {path.name for path in home.iterdir()}.isdisjoint(_OWN_FILES)


def _check_schema() -> None:
    status = runner(database.obj).status()
    if missing := [migration.name for migration in status if migration.applied is None]:
        raise ConfigurationError(
            f"the database lacks {len(missing)} changes of this version, the first is {missing[0]}",
            remedy="stop the services, make a backup, and run: waybill init",
            code="old_schema",
        )
    if unknown := [migration.name for migration in status if migration.path is None]:
        raise ConfigurationError(
            f"the database was made by a newer version, which added {unknown[0]}",
            remedy="install that version of Waybill",
            code="new_schema",
        )


def runner(records: Database) -> Runner:
    """What brings a database's tables to this version, or says how far they are."""
    return Runner(records, str(_MIGRATIONS))


def _check_encoding() -> None:
    """Refuse a PostgreSQL database that cannot hold every name."""
    if not is_postgresql():
        return
    (encoding,) = execute("SHOW server_encoding").fetchone()
    if encoding != "UTF8":
        raise ConfigurationError(
            f"the database of database.url keeps text as {encoding}",
            remedy="make one that keeps UTF-8: createdb --encoding UTF8 --template template0 NAME",
            code="wrong_encoding",
        )


def _make_home(home: Path) -> bool:
    if home.exists() and not home.is_dir():
        raise ConfigurationError(f"{home} is not a folder", remedy="name another home with --home")
    made = not home.exists()
    if not made and _holds_something_else(home):
        raise ConfigurationError(
            f"{home} is not empty and holds no installation; it would be closed to all other accounts",
            remedy="name a new folder with --home or WAYBILL_HOME",
            code="home_not_empty",
        )
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.chmod(0o700)
    return made


def _holds_something_else(home: Path) -> bool:
    there = {path.name for path in home.iterdir()} - {"lost+found"}  # that of a file system of its own
    return bool(there) and there.isdisjoint(_OWN_FILES)


def _write_settings(path: Path) -> bool:
    if path.exists():
        return False
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(_SETTINGS_TEXT)
    return True


@contextmanager
def _server_lock() -> Iterator[None]:
    """One at a time from all hosts that share the database; the home's own lock is this machine's."""
    if not is_postgresql():
        yield
        return
    execute("SET lock_timeout = 0")
    execute("SELECT pg_advisory_lock(?)", (_MIGRATING,))
    try:
        yield
    finally:
        execute("SELECT pg_advisory_unlock(?)", (_MIGRATING,))
        execute("RESET lock_timeout")


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("a") as file:  # nothing is written: a second run leaves even its time alone
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
