"""One installation's setup: where its home is and what its settings file says.

`waybill.toml` in the home holds the settings; each can be overridden by `WAYBILL_SECTION_KEY`. Unknown
keys are errors, so that a misspelt one is not a silent default. Secrets never stand here.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from models.errors import ConfigurationError

HOME_VARIABLE = "WAYBILL_HOME"
SETTINGS_FILE = "waybill.toml"
URLS = ("postgresql://",)
"""What a database and a queue that are not in the home begin with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Where the records are kept."""

    url: str = ""
    """Empty: SQLite in the home. Else postgresql://USER@HOST/DATABASE; its password is libpq's business
    (PGPASSFILE, a service file), never the settings file's."""
    busy_seconds: int = 30
    """How long a statement waits while somebody else holds what it needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What wakes the workers."""

    url: str = ""
    """Empty: an SQLite file in the home, for workers of this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """How failure notices leave; the password is the secret `mail.password`."""

    host: str = ""
    """Empty: no mail is sent; notices wait in the outbox."""
    port: int = 587
    tls: str = "starttls"
    """`none`, `starttls` or `tls`."""
    user: str = ""
    sender: str = ""
    """The From address; empty: waybill@ this host."""
    support: str = ""
    """Support's address, told of every failed export; several with commas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sftp:
    """Where the pickup server listens."""

    host: str = "127.0.0.1"
    port: int = 2222
    public_host: str = ""
    """The name users connect to, shown in commands; empty: the host listened on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """The terminal program in a browser."""

    enabled: bool = False
    """Whether `waybill up` starts it too."""
    host: str = "127.0.0.1"
    port: int = 8080
    max_sessions: int = 10
    """Each open browser tab is a program of its own."""
    idle_minutes: int = 30
    """A session that nobody touches so long is ended."""
    behind_proxy: bool = False
    """A reverse proxy says who comes; without it only this machine's own addresses are listened on."""
    proxies: str = ""
    """The addresses or networks that proxy connects from; several with commas."""
    user_header: str = ""
    """The header in which it says the user's e-mail address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """How exports run."""

    lease_seconds: int = 30
    """A job whose heartbeat has not moved for this long is taken over."""
    max_tries: int = 5
    stop_seconds: int = 25
    """A job that has not ended so long after SIGTERM is handed back; the next worker goes on with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What may be read in."""

    max_bytes: int = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where files are kept; empty: folders of the home."""

    archive: str = ""
    pickup: str = ""
    """Pickup folders and, beside them, the staging folder: one file system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole setup of one installation; paths are derived from its home."""

    home: Path
    database: Database = field(default_factory=Database)
    queue: Queue = field(default_factory=Queue)
    mail: Mail = field(default_factory=Mail)
    sftp: Sftp = field(default_factory=Sftp)
    web: Web = field(default_factory=Web)
    worker: Worker = field(default_factory=Worker)
    imports: Import = field(default_factory=Import)
    files: Files = field(default_factory=Files)

    @property
    def file(self) -> Path:
        """The settings file."""
        return self.home / SETTINGS_FILE

    @property
    def key_file(self) -> Path:
        """The key that secrets are encrypted under."""
        return self.home / "waybill.key"

    @property
    def database_url(self) -> str:
        """The records' database."""
        return self.database.url or f"sqlite:///{self.home / 'waybill.db'}"

    @property
    def queue_file(self) -> Path:
        """Huey's own SQLite file: never the records' one, whose transactions it would lock."""
        return self.home / "queue.db"

    @property
    def archive(self) -> Path:
        """The master copy of every batch file."""
        return Path(self.files.archive) if self.files.archive else self.home / "archive"

    @property
    def pickup(self) -> Path:
        """The folder that holds every legal entity's pickup folder."""
        return (Path(self.files.pickup) if self.files.pickup else self.home / "pickup") / "folders"

    @property
    def staging(self) -> Path:
        """Where a file waits whole until one rename publishes it; on the pickup folders' file system."""
        return self.pickup.parent / "staging"


_SECTIONS = {
    item.name: get_type_hints(Settings)[item.name] for item in fields(Settings) if item.name != "home"
}
_FILE_NAMES = {"imports": "import"}  # a Python word cannot be a field's name


def default_home(environment: Mapping[str, str] = os.environ) -> Path:
    """`WAYBILL_HOME`, else `.waybill` in the user's home folder."""
    return Path(environment.get(HOME_VARIABLE) or Path.home() / ".waybill").absolute()


def load(home: Path | None = None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings of a home; raises `ConfigurationError` naming file and key."""
    home = home or default_home(environment)
    return check_file(home / SETTINGS_FILE, environment)


def check_file(path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """What a settings file says, for the home it stands in; raises as `load` does."""
    given = _read(path)
    sections = {
        name: _section(kind, _FILE_NAMES.get(name, name), given, environment, path)
        for name, kind in _SECTIONS.items()
    }
    if given:
        raise _unknown(path, f"[{next(iter(given))}]", [f"[{name}]" for name in _names()])
    settings = Settings(home=path.parent, **sections)
    _check(settings)
    return settings


def _names() -> list[str]:
    return [_FILE_NAMES.get(name, name) for name in _SECTIONS]


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}", remedy="correct that line") from error


def _section(
    kind: type,
    name: str,
    given: dict[str, Any],
    environment: Mapping[str, str],
    path: Path,
) -> Any:
    values = given.pop(name, {})
    known = get_type_hints(kind)
    if not isinstance(values, dict) or set(values) - set(known):
        wrong = next(iter(set(values) - set(known))) if isinstance(values, dict) else name
        raise _unknown(path, f"{name}.{wrong}", [f"{name}.{key}" for key in known])
    for key in known:
        override = environment.get(f"WAYBILL_{name}_{key}".upper())
        if override is not None:
            values[key] = override
    return kind(**{key: _typed(path, f"{name}.{key}", value, known[key]) for key, value in values.items()})


def _typed(path: Path, key: str, value: object, kind: type) -> object:
    if kind is int and isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    if kind is bool and value in ("true", "false"):  # as an environment variable says it
        return value == "true"
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ConfigurationError(
            f"{key} in {path} or its environment variable is {value!r}", remedy=f"give {_WANTED[kind]}"
        )
    return value


_WANTED = {int: "a whole number", bool: "true or false", str: "text in quotes"}


def _unknown(path: Path, key: str, known: list[str]) -> ConfigurationError:
    return ConfigurationError(
        f"{path} has an unknown key {key}",
        remedy=f"known here are: {', '.join(known)}",
        code="unknown_setting",
    )


def _check(settings: Settings) -> None:
    if settings.mail.tls not in ("none", "starttls", "tls"):
        raise ConfigurationError(
            f"mail.tls is {settings.mail.tls!r}",
            remedy="give none, starttls or tls",
            code="invalid_setting",
        )
    for key, url in (("database.url", settings.database.url), ("queue.url", settings.queue.url)):
        if url:
            _check_url(key, url)
    for key, port in (
        ("mail.port", settings.mail.port),
        ("sftp.port", settings.sftp.port),
        ("web.port", settings.web.port),
    ):
        if not 0 <= port <= 65_535:
            raise ConfigurationError(
                f"{key} is {port}",
                remedy="give a port from 0 to 65535",
                code="invalid_setting",
            )


def _check_url(key: str, url: str) -> None:
    if not url.startswith(URLS):
        raise ConfigurationError(
            f"{key} is {url.split(':', 1)[0]}:…, which is not supported",
            remedy="give postgresql://USER@HOST/DATABASE, or leave it empty to use SQLite in the home",
            code="invalid_setting",
        )
    try:
        import psycopg  # noqa: F401 - an extra, loaded only where a server is named; peewee and Huey use it
    except ImportError as error:
        raise ConfigurationError(
            f"{key} names a PostgreSQL server, and what speaks to it is not installed ({error})",
            remedy="install Waybill's extra postgresql: pip install 'psycopg[binary]>=3.2,<4'",
            code="no_driver",
        ) from error


_current: Settings | None = None


def use(settings: Settings) -> None:
    """Make these the settings of this process: one process serves one installation."""
    global _current
    _current = settings


def current() -> Settings:
    """The settings of this process, loaded from its environment when nobody has said otherwise."""
    if _current is None:
        use(load())
        return current()
    return _current
