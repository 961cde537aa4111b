"""Homes to copy, each made once, a mail server that takes every letter, and somebody else's SFTP server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.database import connection, execute
from tests import postgres, thirdparty
from tests.conftest import Engine
from tests.faults import installation
from tests.faults.installation import Home, copy
from tests.peers.smtp import PostOffice
from tests.worker import sshd
from tests.worker.export_site import Site
from tests.worker.sshd import Sshd

Templates = Callable[[str], Home]
"""The home to copy, by the gateway its files leave by: `pickup` or `sftp`."""


@pytest.fixture(scope="module", autouse=True)
def slips() -> Iterator[None]:
    """The file type of others that homes write too, found while the tests of a file run and no longer."""
    with thirdparty.on_path(thirdparty.slips()):
        yield


@pytest.fixture(scope="module")
def office() -> Iterator[PostOffice]:
    """A mail server."""
    with PostOffice() as office:
        yield office


@pytest.fixture(scope="module")
def far_server(
    require_program: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sshd]:
    """A stock SFTP server."""
    with sshd.running(require_program("sshd"), tmp_path_factory.mktemp("sshd") / "server") as server:
        yield server


@pytest.fixture(scope="module")
def templates(
    tmp_path_factory: pytest.TempPathFactory,
    office: PostOffice,
    engine: Engine,
    request: pytest.FixtureRequest,
) -> Templates:
    """Homes with work waiting, on which nothing has run, on the engine of the run."""
    return _templates(tmp_path_factory, office, engine.server, request)


@pytest.fixture(scope="module")
def sqlite_templates(
    tmp_path_factory: pytest.TempPathFactory, office: PostOffice, request: pytest.FixtureRequest
) -> Templates:
    """The same on SQLite, for what is too long to be run twice: `scripts/faults --engine` has the other."""
    return _templates(tmp_path_factory, office, None, request)


@pytest.fixture
def template(templates: Templates) -> Home:
    """A home whose files go into pickup folders, on the engine of the run."""
    return templates("pickup")


@pytest.fixture
def sqlite_template(sqlite_templates: Templates) -> Home:
    """A home whose files go into pickup folders, on SQLite."""
    return sqlite_templates("pickup")


@pytest.fixture
def home(templates: Templates, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Home]:
    """A home of its own, with work waiting; its parameter says by which gateway files leave."""
    home = copy(templates(getattr(request, "param", "pickup")), tmp_path / "home")
    with connection():
        yield home


@pytest.fixture
def site(home: Home) -> Site:
    """The first entity's payable side, its schedule asleep."""
    execute("UPDATE schedule SET enabled = FALSE")
    return home.lines[0].site


def _templates(
    folders: pytest.TempPathFactory,
    office: PostOffice,
    server: postgres.Server | None,
    request: pytest.FixtureRequest,
) -> Templates:
    made: dict[str, Home] = {}

    def template(gateway: str) -> Home:
        if gateway not in made:
            far = request.getfixturevalue("far_server") if gateway == "sftp" else None
            home = made[gateway] = installation.build(folders.mktemp("faults") / "home", server, far)
            home.environment |= installation.mail_environment(office.port)
        return made[gateway]

    return template
