"""Sending by SFTP to a stock OpenSSH server: once each, whatever breaks on the way."""

from __future__ import annotations

import dataclasses
import io
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from models import breakers, deliveries, facilities, facility_settings, files, secrets, settings
from models.audit import WAYBILL
from models.breakers import BreakerState
from models.catalogue import discover
from models.database import connection, execute
from models.deliveries import Delivery, DeliveryState
from models.errors import ConfigurationError, DeliveryError, InvalidInput
from models.jobs import Job, JobState, Output, Route
from tests.worker.dead_attempts import dead_attempt
from tests.worker.export_site import Site, make_site
from tests.worker.sshd import Line, Sshd, free_port, receiver, running
from worker import export, gateways
from worker.gateways.sftp import Sftp
from worker.sftp_client import SftpSession

pytestmark = pytest.mark.outside("sshd", "ssh-keygen")
CSV = {Route.OTHER: Output(format="csv")}


def site_for(sshd: Sshd, **changed: object) -> Site:
    """A site with one invoice that sends everything there."""
    site = make_site("Acme Inc", **sshd.settings(**changed))
    name = facility_settings.secret_name(site.facility, "sftp", "private_key")
    secrets.set_secret(WAYBILL, name, sshd.private_key)
    site.invoice("A-1")
    return site


@pytest.fixture
def site(home: Path, sshd: Sshd) -> Site:  # noqa: ARG001 - it must be there
    """A site that reaches the server."""
    return site_for(sshd)


def run_until_ended(job: Job, tries: int = 6) -> Job:
    """Run the job again, as the ticker would after its time, until it has ended."""
    for _ in range(tries):
        export.run(job.id)
        now: Job = Job.get_by_id(job.id)
        if now.state != JobState.PENDING:
            return now
        execute("UPDATE export_job SET run_at = NULL, tries = 0 WHERE id = ?", (job.id,))
    raise AssertionError(f"the job has not ended: {now.code}: {now.reason}")


def delivery_of(job: Job) -> Delivery:
    """The delivery of the job's one file."""
    [file] = files.of_job(job.id)
    [delivery] = deliveries.of_file(file)
    return delivery


def test_file_arrives_whole_under_its_name_and_nothing_else(site: Site, sshd: Sshd) -> None:
    job = run_until_ended(site.job(CSV))
    assert job.code == "", job.reason
    [file] = files.of_job(job.id)
    assert (job.state, site.ledger()) == (JobState.COMPLETED, {"A-1": "exported"})
    assert sshd.names() == [file.name]
    archived = (settings.current().archive / file.archive_path).read_bytes()
    assert (sshd.folder / file.name).read_bytes() == archived
    assert delivery_of(job).target.endswith(f"@127.0.0.1:{sshd.folder}/{file.name}")


def test_file_name_with_folders_makes_them_below_the_facilitys_own(home: Path, sshd: Sshd) -> None:
    del home
    site = site_for(sshd)
    facilities.edit(WAYBILL, site.facility, {"other_file_name": "out/{job}/invoices.{ext}"})
    job = run_until_ended(site.job(CSV))
    assert (sshd.folder / "out" / str(job.id) / "invoices.csv").is_file()


@pytest.mark.parametrize("size", [0, 1, 32_767, 32_768, 255 * 1024 + 1, 9_000_001])
def test_session_uploads_every_size_byte_for_byte(site: Site, sshd: Sshd, size: int, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(bytes(range(256)) * (size // 256) + bytes(size % 256))
    with SftpSession(_gateway(site).endpoint()).open() as session, source.open("rb") as data:
        assert session.create(f"{sshd.folder}/there").write_from(data) == size
        assert b"".join(session.read(f"{sshd.folder}/there")) == source.read_bytes()
    assert (sshd.folder / "there").read_bytes() == source.read_bytes()


def _gateway(site: Site) -> Sftp:
    made = gateways.make("sftp", site.facility)
    assert isinstance(made, Sftp)
    return made


# Receivers, and what dies


def test_receiver_that_takes_at_once_gets_each_file_once(site: Site, sshd: Sshd, tmp_path: Path) -> None:
    with receiver(sshd.folder, tmp_path / "taken"):
        for number in range(5):
            site.invoice(f"B-{number}")
            job = run_until_ended(site.job(CSV))
            assert job.state == JobState.COMPLETED
    assert set(site.ledger().values()) == {"exported"}
    assert (len(list((tmp_path / "taken").iterdir())), sshd.names()) == (5, [])


@pytest.mark.parametrize("steps", ["claim", "collect", "render", "stage", "send", "deliver"])
def test_attempt_after_a_death_finishes_with_one_file(site: Site, sshd: Sshd, steps: str) -> None:
    job = site.job(CSV)
    dead_attempt(job, steps)
    assert run_until_ended(job).state == JobState.COMPLETED
    assert sshd.names() == [files.of_job(job.id)[0].name]
    assert site.ledger() == {"A-1": "exported"}


def test_attempt_that_comes_back_after_its_copy_was_taken_away_sends_nothing(site: Site, sshd: Sshd) -> None:
    job = site.job(CSV)
    zombie = gateways.make("sftp", site.facility)
    staged: list[gateways.Copy] = []

    class Stopped(Sftp):
        def stage(self, copy: gateways.Copy) -> None:
            staged.append(copy)
            zombie.stage(copy)

        def send(self, copy: gateways.Copy) -> None:
            del copy
            raise _KilledError

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(discover("waybill.gateways"), "sftp", Stopped)
        patch.setattr(export, "_export", export._steps)
        with pytest.raises(_KilledError):
            export.run(job.id)
    execute("UPDATE export_job SET state = 'pending', owner = ''")
    assert export.run(job.id) == JobState.COMPLETED
    with zombie, pytest.raises(DeliveryError):
        zombie.send(staged[0])
    assert sshd.names() == [files.of_job(job.id)[0].name]


class _KilledError(BaseException):
    """Nothing catches it, as nothing catches a kill."""


def test_file_taken_before_our_commit_is_unknown_and_not_sent_again(site: Site, sshd: Sshd) -> None:
    job = site.job(CSV)
    dead_attempt(job, "send")
    for path in sshd.folder.iterdir():
        path.unlink()

    ended = run_until_ended(job)

    assert (ended.state, ended.code) == (JobState.FAILED, "outcome_unknown")
    assert (site.ledger(), sshd.names()) == ({"A-1": "on_hold"}, [])
    assert delivery_of(job).state == DeliveryState.UNKNOWN


def test_foreign_file_of_the_same_name_is_neither_replaced_nor_taken_for_ours(site: Site, sshd: Sshd) -> None:
    job = site.job(CSV)
    dead_attempt(job, "stage")
    name = files.of_job(job.id)[0].name
    (sshd.folder / name).write_bytes(b"theirs")

    ended = run_until_ended(job)

    assert (ended.state, ended.code, site.ledger()) == (JobState.FAILED, "name_taken", {"A-1": "pending"})
    assert (sshd.names(), (sshd.folder / name).read_bytes()) == ([name], b"theirs")


# A line that breaks


def _bytes_of_a_delivery(line: Line, site: Site) -> int:
    """How many bytes the last connection of an undisturbed delivery sends."""
    run_until_ended(site.job(CSV))
    return line.bytes


@pytest.mark.parametrize("takes", [False, True], ids=["kept", "taken at once"])
@pytest.mark.parametrize("answers", [False, True], ids=["both ways", "answers only"])
def test_connection_cut_anywhere_never_loses_nor_doubles(
    home: Path, sshd: Sshd, tmp_path: Path, takes: bool, answers: bool
) -> None:
    del home
    taken = tmp_path / "taken"
    with Line(sshd.port) as line:
        site = site_for(sshd, port=line.port, idle_seconds=5, connect_seconds=5)
        whole = _bytes_of_a_delivery(line, site)
        for path in sshd.folder.iterdir():
            path.unlink()
        line.only_answers = answers
        unknown = 0
        # Two in the handshake, then through the last requests: create, write, close, rename, look.
        for number, part in enumerate([0, whole // 2, *range(whole - 650, whole + 150, 100)]):
            site.invoice(f"C-{number}")
            job = site.job(CSV)
            dead_attempt(job, "render")  # it has passed the check: the next connection is the delivery's
            before = len(list(taken.iterdir())) if takes and taken.exists() else 0
            unknown += _cut_once(line, part, job, sshd, taken if takes else None)
            now = len(list(taken.iterdir())) if takes else len(sshd.names())
            _check_once(site, job, f"C-{number}", now - before, cut=part)
            if not takes:
                for path in sshd.folder.iterdir():
                    path.unlink()
    assert takes or not unknown
    assert unknown or not (takes and answers)  # it went, the answer did not come, and it is gone


def _cut_once(line: Line, part: int, job: Job, sshd: Sshd, taken: Path | None) -> int:
    """Deliver with the delivery's own connection cut after this many bytes; returns whether it is unknown."""
    if taken is None:
        return int(_deliver_cut(line, part, job, lambda: True).code == "outcome_unknown")
    folder = taken.with_name(f"round-{job.id}")
    with receiver(sshd.folder, folder):
        ended = _deliver_cut(line, part, job, lambda: all(name[0] == "." for name in sshd.names()))
    taken.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.rename(taken / path.name)
    return int(ended.code == "outcome_unknown")


def _deliver_cut(line: Line, part: int, job: Job, receiver_is_done: Callable[[], bool]) -> Job:
    original = Sftp.stage

    def cut(self: Sftp, copy: gateways.Copy) -> None:
        line.cut_after = part
        original(self, copy)

    def uncut(self: Sftp, copy: gateways.Copy) -> bool:
        line.cut_after = None
        deadline = time.monotonic() + 5
        while not receiver_is_done() and time.monotonic() < deadline:
            time.sleep(0.01)
        return original_withdraw(self, copy)

    original_withdraw = Sftp.withdraw
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sftp, "stage", cut)
        patch.setattr(Sftp, "withdraw", uncut)
        export.run(job.id)
    line.cut_after = None
    execute("UPDATE export_job SET run_at = NULL, tries = 0 WHERE id = ?", (job.id,))
    execute("DELETE FROM gateway_breaker")
    return run_until_ended(job)


def _check_once(site: Site, job: Job, number: str, arrived: int, *, cut: int) -> None:
    ended: Job = Job.get_by_id(job.id)
    where = f"cut after {cut}: {ended.state} {ended.code} {ended.reason}"
    if ended.code == "outcome_unknown":
        assert (site.ledger()[number], arrived <= 1) == ("on_hold", True), where
    else:
        assert (ended.state, site.ledger()[number], arrived) == (JobState.COMPLETED, "exported", 1), where


def test_server_that_says_nothing_any_more_is_given_up_after_its_time(home: Path, sshd: Sshd) -> None:
    del home
    with socket.create_server(("127.0.0.1", 0)) as silent:
        site = site_for(sshd, port=silent.getsockname()[1], connect_seconds=1)
        job = site.job(CSV)
        assert export.run(job.id) is None
    assert (Job.get_by_id(job.id).code, site.ledger()) == ("connection_lost", {"A-1": "pending"})


def test_upload_on_which_nothing_moves_any_more_is_cut_and_finished_later(home: Path, sshd: Sshd) -> None:
    del home
    with Line(sshd.port) as line:
        site = site_for(sshd, port=line.port, idle_seconds=1)
        site.invoice("BIG", notes=[f"{number:x}" * 50 for number in range(40_000)])
        job = site.job({Route.OTHER: Output(format="json")})
        dead_attempt(job, "render")
        line.stalls = True
        for _ in range(3):  # a connection may break before so much has passed
            line.cut_after = 200_000
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Sftp, "withdraw", _on_a_line_that_works(line, Sftp.withdraw))
                assert export.run(job.id) is None
            assert Job.get_by_id(job.id).code == "connection_lost"
            if line.stalled:
                break
            execute("UPDATE export_job SET run_at = NULL")
        assert "nothing moved for 1 seconds" in Job.get_by_id(job.id).reason
        line.cut_after = None
        execute("UPDATE export_job SET run_at = NULL")
        assert export.run(job.id) == JobState.COMPLETED
    assert len(sshd.names()) == 1


def test_connection_closed_after_the_time_limit_of_silence_is_told_as_silence(
    site: Site, sshd: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = dataclasses.replace(_gateway(site).endpoint(), idle_seconds=1)
    monkeypatch.setattr("worker.sftp_client.watch._LOOK_SECONDS", 3600)  # the peer notices it first
    with SftpSession(endpoint).open() as session:
        staged = session.create(f"{sshd.folder}/there")

        def close_late(*_: object) -> None:
            time.sleep(1)
            session._cut()
            raise OSError("Socket is closed")

        monkeypatch.setattr(staged, "_write", close_late)
        with pytest.raises(DeliveryError, match="nothing moved for 1 seconds"):
            staged.write_from(io.BytesIO(b"something"))


def _on_a_line_that_works(
    line: Line, withdraw: Callable[[Sftp, gateways.Copy], bool]
) -> Callable[[Sftp, gateways.Copy], bool]:
    def mended(self: Sftp, copy: gateways.Copy) -> bool:
        line.cut_after = None
        return withdraw(self, copy)

    return mended


# What is refused


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"host_keys": "SHA256:" + "A" * 43}, "host_key_changed"),
        ({"host_keys": ""}, "host_key_unknown"),
        ({"user": "nobody-of-that-name"}, "login_refused"),
        ({"folder": "/no/such/folder"}, "not_there"),
        ({"host": "no-such-host.invalid"}, "host_unknown"),
    ],
)
def test_permanent_fault_fails_at_the_check_before_anything_is_claimed(
    home: Path, sshd: Sshd, changed: dict[str, object], code: str
) -> None:
    del home
    site = site_for(sshd, **changed)
    job = run_until_ended(site.job(CSV))
    assert (job.state, job.code, site.ledger()) == (JobState.FAILED, code, {"A-1": "pending"})
    assert (job.plan, sshd.names()) == (None, [])


def test_wrong_password_is_refused_at_the_check(home: Path, sshd: Sshd) -> None:
    del home
    site = site_for(sshd, auth="password")
    job = run_until_ended(site.job(CSV))
    assert (job.code, "waybill secret set" in job.remedy) == ("missing_secret", True)
    name = facility_settings.secret_name(site.facility, "sftp", "password")
    secrets.set_secret(WAYBILL, name, "not the right one")
    job = run_until_ended(site.job(CSV))
    assert (job.code, "not the right one" in job.reason + job.remedy) == ("login_refused", False)


def test_server_that_permits_no_writing_fails_the_job_and_gives_the_invoices_back(
    home: Path, tmp_path: Path, require_program: Callable[[str], str]
) -> None:
    del home
    with running(require_program("sshd"), tmp_path / "sshd", subsystem="-R") as readonly:
        site = site_for(readonly)
        job = run_until_ended(site.job(CSV))
        assert (job.state, job.code) == (JobState.FAILED, "not_permitted")
        assert (site.ledger(), readonly.names()) == ({"A-1": "pending"}, [])


def test_key_no_longer_approved_stops_a_job_under_way(site: Site, sshd: Sshd) -> None:
    job = site.job(CSV)
    dead_attempt(job, "render")
    facilities.edit(WAYBILL, site.facility, {"sftp.host_keys": "SHA256:" + "B" * 43})
    assert run_until_ended(job).code == "host_key_changed"
    assert (site.ledger(), sshd.names()) == ({"A-1": "pending"}, [])


def test_job_under_way_goes_where_its_facility_sent_it_when_it_began(site: Site, sshd: Sshd) -> None:
    job = site.job(CSV)
    dead_attempt(job, "send")
    elsewhere = sshd.folder.with_name("elsewhere")
    elsewhere.mkdir()
    facilities.edit(WAYBILL, site.facility, {"sftp.folder": str(elsewhere)})
    assert run_until_ended(job).state == JobState.COMPLETED
    assert (len(sshd.names()), list(elsewhere.iterdir())) == (1, [])


def test_renamed_facility_keeps_its_secrets(site: Site) -> None:
    facilities.edit(WAYBILL, site.facility, {}, name="Another name")
    assert run_until_ended(site.job(CSV)).state == JobState.COMPLETED


def test_secret_is_no_setting_and_unknown_prefix_is_refused(site: Site) -> None:
    with pytest.raises(InvalidInput, match="is a secret"):
        facilities.edit(WAYBILL, site.facility, {"sftp.password": "hello"})
    with pytest.raises(InvalidInput, match="names no format or gateway"):
        facilities.edit(WAYBILL, site.facility, {"nosuch.host": "x"})
    with pytest.raises(InvalidInput, match="the setting other_gateway is"):
        facilities.edit(WAYBILL, site.facility, {"other_gateway": "pigeon"})
    with pytest.raises(InvalidInput, match="the setting port is 70000"):
        facilities.edit(WAYBILL, site.facility, {"sftp.port": 70_000})


def test_private_key_that_is_none_says_so(site: Site) -> None:
    name = facility_settings.secret_name(site.facility, "sftp", "private_key")
    secrets.set_secret(WAYBILL, name, "not a key")
    with _gateway(site) as gateway, pytest.raises(ConfigurationError, match="none that can be used"):
        gateway.check()


# Waiting, and the breaker


def test_unreachable_server_is_tried_later_until_the_tries_are_spent(home: Path, sshd: Sshd) -> None:
    del home
    site = site_for(sshd, port=free_port())
    job = site.job(CSV)
    for number in range(1, 5):
        assert export.run(job.id) is None
        now = Job.get_by_id(job.id)
        assert (now.state, now.code, now.tries, now.run_at is not None) == (
            JobState.PENDING, "unreachable", number, True,
        )  # fmt: skip
        execute("UPDATE export_job SET run_at = NULL")
    assert export.run(job.id) == JobState.FAILED
    assert (Job.get_by_id(job.id).code, site.ledger()) == ("unreachable", {"A-1": "pending"})
    breaker = breakers.find(site.facility.id, "sftp")
    assert breaker is not None
    assert breaker.state == BreakerState.OPEN


def test_open_breaker_postpones_without_connecting_and_without_spending_a_try(home: Path, sshd: Sshd) -> None:
    del home
    with Line(sshd.port) as line:
        site = site_for(sshd, port=line.port)
        for _ in range(breakers.OPENS_AFTER):
            breakers.failed(site.facility.id, "sftp", "test")
        job = site.job(CSV)
        assert export.run(job.id) is None
        now = Job.get_by_id(job.id)
        assert (now.code, now.tries, now.attempt, line.connections) == ("breaker_open", 0, 1, 0)
        execute("UPDATE gateway_breaker SET until = 0")
        execute("UPDATE export_job SET run_at = NULL")
        assert export.run(job.id) == JobState.COMPLETED
        assert breakers.find(site.facility.id, "sftp") is None


def test_half_open_breaker_lets_exactly_one_of_many_try(site: Site) -> None:
    for _ in range(breakers.OPENS_AFTER):
        breakers.failed(site.facility.id, "sftp", "test")
    execute("UPDATE gateway_breaker SET until = 0")
    let_through: list[bool] = []
    start = threading.Barrier(4)

    def ask() -> None:
        with connection():
            start.wait()
            let_through.append(breakers.wait_until(site.facility.id, "sftp") is None)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(let_through) == [False, False, False, True]
    assert breakers.failed(site.facility.id, "sftp", "again") == BreakerState.OPEN
