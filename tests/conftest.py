"""What every test may ask of the machine, and what happens when it is not there.

`--engine postgresql` runs the tests that use the fixture `engine`, as `home` does, on PostgreSQL; others do
not touch a database, or are about SQLite itself (marked `sqlite`), and are left out. Those marked
`postgresql` run only then.

Without `--strict-outside` a test whose outside program or sample folder is missing skips and says which;
with it (`scripts/test --strict`, CI) that is a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import hypothesis
import pytest

from models import installation, settings
from models.database import connect, database, disconnect
from tests import postgres
from tests.postgres import Cluster

ROOT = Path(__file__).resolve().parent.parent

# Program → the Debian package that brings it; .ci/run installs these packages.
DEBIAN_PACKAGES = {
    "chromium": "chromium",
    "faketime": "faketime",
    "initdb": "postgresql",
    "sftp": "openssh-client",
    "ssh-keygen": "openssh-client",
    "sshd": "openssh-server",
    "systemd-analyze": "systemd",
    "visudo": "sudo",
}

# How long one example takes depends on the machine, and says nothing about a law.
hypothesis.settings.register_profile("waybill", deadline=None)
hypothesis.settings.load_profile("waybill")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--strict-outside`; `--strict` itself is already a name of pytest's."""
    parser.addoption(
        "--strict-outside",
        action="store_true",
        help="fail, instead of skipping, where an outside program or sample folder is missing",
    )
    parser.addoption(
        "--engine",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="the database of the tests that have one; with postgresql the other tests are left out",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about the other engine, and what the second run would only repeat."""
    engine = config.getoption("--engine")
    left_out = {item for item in items if not _belongs(item, engine)}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def _belongs(item: pytest.Item, engine: str) -> bool:
    if engine == "sqlite":
        return not item.get_closest_marker("postgresql")
    if item.get_closest_marker("sqlite"):
        return False
    return bool(item.get_closest_marker("postgresql")) or "engine" in getattr(item, "fixturenames", ())


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Hold each test marked `outside("program", ...)` to the programs it names."""
    for marker in item.iter_markers("outside"):
        for program in marker.args:
            find_program(item.config, program)


def find_program(config: pytest.Config, program: str) -> str:
    """Return the full path of `program`, or skip or fail the test, naming its Debian package."""
    # Servers stand where an ordinary user's PATH does not look.
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"))
    found = shutil.which(program, path=path)
    if found is None:
        package = DEBIAN_PACKAGES.get(program)
        remedy = f"Install the Debian package {package}." if package else "Install it."
        _missing(config, f"the program {program} is missing. {remedy}")
    return found


@pytest.fixture(scope="module")
def cluster(pytestconfig: pytest.Config) -> Iterator[Cluster]:
    """A PostgreSQL server of the file's own, which may be stopped: not that of WAYBILL_TEST_POSTGRES_URL."""
    with postgres.private() as cluster:
        if cluster is None:
            find_program(pytestconfig, "initdb")
        else:
            yield cluster


def _missing(config: pytest.Config, message: str) -> NoReturn:
    if config.getoption("--strict-outside"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session")
def require_program(pytestconfig: pytest.Config) -> Callable[[str], str]:
    """A function that returns a program's full path, or skips or fails the test as `find_program` does."""
    return lambda program: find_program(pytestconfig, program)


@pytest.fixture(scope="session")
def samples(pytestconfig: pytest.Config) -> Path:
    """The folder of UBL samples, which stands beside the project and is no part of it."""
    return _beside(pytestconfig, "samples/ubl", "the UBL samples are")


@pytest.fixture(scope="session")
def oracles(pytestconfig: pytest.Config) -> Path:
    """The folder of validators with the official rules, which stands there too."""
    return _beside(pytestconfig, "oracles", "the validators are")


def _beside(config: pytest.Config, name: str, what: str) -> Path:
    folder = ROOT.parent / "shared" / name
    if not folder.is_dir():
        _missing(config, f"{what} missing. Put them at ../shared/{name}, seen from the project.")
    return folder


@dataclass(frozen=True, slots=True)
class Engine:
    """Where installations of the tests keep their records."""

    server: postgres.Server | None
    """None: SQLite, in the home."""
    _templates: list[str] = field(default_factory=list)

    def environment(self, *, migrated: bool = True) -> dict[str, str]:
        """What makes the next installation use a database of its own: its tables are there, or nothing is."""
        if self.server is None:
            return {}
        if migrated and not self._templates:
            self._templates.append(self._migrated(self.server.create()))
        url = self.server.create(self._templates[0] if migrated else None)
        return {"WAYBILL_DATABASE_URL": url, "WAYBILL_QUEUE_URL": url}

    def discard(self, environment: dict[str, str]) -> None:
        """Drop such a database; whoever is still connected to it is cut off."""
        if self.server is not None:
            self.server.drop(environment["WAYBILL_DATABASE_URL"])

    def _migrated(self, url: str) -> str:
        empty: Any = connect(settings.load(Path("/nowhere"), {"WAYBILL_DATABASE_URL": url}))
        with empty.connection_context():
            installation.runner(empty).up()
        empty.close_idle()  # one that somebody is connected to cannot be copied
        return url


@pytest.fixture(scope="session")
def engine(pytestconfig: pytest.Config) -> Iterator[Engine]:
    """The database engine of this run."""
    if pytestconfig.getoption("--engine") == "sqlite":
        yield Engine(None)
        return
    with postgres.running() as server:
        if server is None:
            find_program(pytestconfig, "initdb")
        yield Engine(server)


@pytest.fixture
def records(
    engine: Engine, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A database for the one installation of a test, and of every process it starts."""
    environment = engine.environment(migrated=request.node.get_closest_marker("bare") is None)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    yield
    disconnect()
    engine.discard(environment)


@pytest.fixture
def home(tmp_path: Path, records: None) -> Iterator[Path]:  # noqa: ARG001 - the installation's
    """An open installation; the calling OS user is its Administrator."""
    installation.create(tmp_path / "home", email="root@example.com")
    database.connect(reuse_if_open=True)  # a test may close it, and who opens it next closes it again
    yield tmp_path / "home"
    database.close()


def clean_environment() -> dict[str, str]:
    """This process's environment with no setting of Waybill but where the test's records are."""
    kept = ("WAYBILL_DATABASE_URL", "WAYBILL_QUEUE_URL")
    return {key: value for key, value in os.environ.items() if key in kept or not key.startswith("WAYBILL_")}
