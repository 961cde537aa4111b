"""A home to copy, made once, and a mail server that takes every letter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import postgres
from tests.conftest import Engine
from tests.faults import installation
from tests.faults.installation import Home
from tests.peers.smtp import PostOffice


@pytest.fixture(scope="module")
def office() -> Iterator[PostOffice]:
    """A mail server."""
    with PostOffice() as office:
        yield office


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, office: PostOffice, engine: Engine) -> Home:
    """A home with work waiting, on which nothing has run, on the engine of the run."""
    return _template(tmp_path_factory, office, engine.server)


@pytest.fixture(scope="module")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, office: PostOffice) -> Home:
    """The same on SQLite, for what is too long to be run twice: `scripts/faults --engine` has the other."""
    return _template(tmp_path_factory, office, None)


def _template(folders: pytest.TempPathFactory, office: PostOffice, server: postgres.Server | None) -> Home:
    home = installation.build(folders.mktemp("faults") / "home", server)
    home.environment |= installation.mail_environment(office.port)
    return home
