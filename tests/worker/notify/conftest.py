"""The people, the mail server and its certificate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.models.ended_jobs import Site, make_site
from tests.peers.smtp import Certificate, PostOffice, make_certificate


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - it must be there
    """Whose failed exports are told of."""
    return make_site()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Of localhost, signed by an authority of its own."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """The certificate, which the sender trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.chain))
    return certificate


@pytest.fixture
def office() -> Iterator[PostOffice]:
    """A mail server that takes everything."""
    with PostOffice() as office:
        yield office
