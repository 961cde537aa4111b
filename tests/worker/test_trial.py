"""`waybill facility test`: each step seen, what failed told with its remedy, a host key approved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models import breakers, facilities, facility_settings, secrets, settings
from models.audit import WAYBILL, AuditEntry
from models.errors import InvalidInput
from models.facilities import Facility
from tests.worker.export_site import make_site
from tests.worker.sshd import Sshd, running
from worker import trial

SSHD = pytest.mark.outside("sshd", "ssh-keygen")


@pytest.fixture(scope="module")
def sshd(require_program: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A server."""
    with running(require_program("sshd"), tmp_path_factory.mktemp("sshd") / "server") as started:
        yield started


def facility_for(sshd: Sshd, **changed: object) -> Facility:
    """A facility that sends there."""
    facility = make_site("Acme Inc", **sshd.settings(**changed)).facility
    name = facility_settings.secret_name(facility, "sftp", "private_key")
    secrets.set_secret(WAYBILL, name, sshd.private_key)
    return facility


@SSHD
def test_every_step_that_works_is_told_and_nothing_is_left(home: Path, sshd: Sshd) -> None:
    del home
    facility = facility_for(sshd)
    breakers.failed(facility.id, "sftp", "test")
    steps = trial.run(WAYBILL, facility)
    assert [step.name for step in steps] == [
        "resolve", "connect", "host key", "login", "folder", "write probe", "rename", "read back", "remove",
    ]  # fmt: skip
    assert {step.problem for step in steps} == {None}
    assert (sshd.names(), breakers.find(facility.id, "sftp")) == ([], None)


@SSHD
def test_host_key_is_approved_only_if_the_server_shows_it(home: Path, sshd: Sshd) -> None:
    del home
    facility = facility_for(sshd, host_keys="")
    *_, last = trial.run(WAYBILL, facility)
    assert last.problem is not None
    assert (last.problem.code, last.host_key) == ("host_key_unknown", sshd.fingerprint)
    assert f"--trust-host-key {sshd.fingerprint}" in last.problem.remedy

    with pytest.raises(InvalidInput, match="not SHA256:AAAA"):
        trial.trust_host_key(WAYBILL, facility, "SHA256:" + "A" * 43)
    with pytest.raises(InvalidInput, match="is no fingerprint"):
        trial.trust_host_key(WAYBILL, facility, "yes")
    trial.trust_host_key(WAYBILL, facility, sshd.fingerprint)

    facility = Facility.get_by_id(facility.id)
    assert facility.settings["sftp.host_keys"] == f"ssh-ed25519 {sshd.fingerprint}"
    assert all(step.problem is None for step in trial.run(WAYBILL, facility))
    assert sshd.fingerprint in str(AuditEntry.select().order_by(AuditEntry.id.desc()).get().after)


@SSHD
def test_first_step_that_fails_is_the_last(home: Path, sshd: Sshd) -> None:
    del home
    *before, last = trial.run(WAYBILL, facility_for(sshd, folder="/no/such/folder"))
    assert {step.problem for step in before} == {None}
    assert (last.name, last.problem is not None) == ("folder", True)


def test_pickup_is_tried_without_touching_the_customers_folder(home: Path) -> None:
    del home
    site = make_site()
    assert [step.name for step in trial.run(WAYBILL, site.facility)] == [
        "staging folder", "pickup folder", "write probe",
    ]  # fmt: skip
    assert site.published() == {}
    settings.current().staging.rmdir()
    [step] = trial.run(WAYBILL, site.facility)
    assert step.problem is not None
    assert step.problem.code == "staging_missing"


def test_settings_that_lack_are_told_before_anything_is_tried(home: Path) -> None:
    del home
    facility = make_site().facility
    facilities.edit(WAYBILL, facility, {"other_gateway": "sftp", "sftp.host": "example.com"})
    *_, step = trial.run(WAYBILL, facility)
    assert step.problem is not None
    assert (step.name, "sftp.user" in step.problem.reason) == ("settings", True)
