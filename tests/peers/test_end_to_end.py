"""The product as its users meet it: commands, `waybill up`, a stock sftp client and a real mail server.

Nothing runs in this process but the mail server; every step is a command or a service of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.peers.nacha_checker import check
from tests.peers.smtp import PASSWORD, USER, PostOffice, make_certificate
from tests.worker.servers.sftp_kit import StockClient, write_known_hosts
from worker.servers.host_keys import host_keys

WAYBILL = [sys.executable, "-c", "from tui.cli import main; main()"]
INVOICES = """number;date;due;currency;vendor;amount
A-1;01.11.2026;01.12.2026;USD;Wire Co;1.250,00
A-2;02.11.2026;02.12.2026;EUR;Blue Ltd;99,95
A-3;03.11.2026;03.12.2026;USD;Wire Co;10,00
"""
IMPORT_MAPPING = """
delimiter = ";"
dates = ["%d.%m.%Y"]
decimal = ","
thousands = "."
[columns]
number = "number"
issue_date = "date"
due_date = "due"
currency = "currency"
"party.name" = "vendor"
"totals.payable" = "amount"
"""
BANK = {
    "nacha.immediate_destination": "076401251",
    "nacha.immediate_origin": "1234567890",
    "nacha.company_name": "ACME INC",
    "nacha.company_id": "1234567890",
    "nacha.odfi": "07640125",
}


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A home and the commands run on it."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, expect: int = 0, given: str | None = None) -> str:
        """A command's standard output; its exit code must be the expected one."""
        done = self.tried(*words, given=given)
        assert done.returncode == expect, (words, done.stdout, done.stderr)
        return done.stdout

    def tried(self, *words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """How a command ended that may be refused."""
        return subprocess.run(
            [*WAYBILL, *words],
            env=self._environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def answer(self, *words: str, expect: int = 0) -> Any:
        """A command's answer in JSON."""
        return json.loads(self.run(*words, "--json", expect=expect))

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A service, in the background."""
        log = (self.home / f"{words[0]}.log").open("ab")
        with log:
            return subprocess.Popen([*WAYBILL, *words], env=self._environment, stdout=log, stderr=log)

    @property
    def _environment(self) -> dict[str, str]:
        return os.environ | {"WAYBILL_HOME": str(self.home)} | self.environment


def wait_for(what: Callable[[], Any], seconds: float = 30) -> Any:
    """What `what` answers, once it is truthy; fails after the limit."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain")


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PostOffice, Path]]:
    """A mail server that wants TLS and a login, and the certificate to trust it by."""
    certificate = make_certificate(tmp_path_factory.mktemp("mail"))
    with PostOffice(tls="starttls", certificate=certificate, login=True) as office:
        yield office, certificate.chain


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, post: tuple[PostOffice, Path]) -> Iterator[Installation]:
    """An installation set up by commands alone, its services running."""
    office, certificate = post
    folder = tmp_path_factory.mktemp("site")
    mail = {"HOST": "localhost", "PORT": str(office.port), "TLS": "starttls", "USER": USER}
    environment = {f"WAYBILL_MAIL_{key}": value for key, value in mail.items()}
    environment |= {"SSL_CERT_FILE": str(certificate), "WAYBILL_SFTP_PORT": "0"}
    installation = Installation(home=folder / "home", environment=environment)
    _set_up(installation, folder)
    services = installation.start("up")
    try:
        wait_for((installation.home / "sftp.address").exists)
        yield installation
    finally:
        services.send_signal(signal.SIGTERM)
        assert services.wait(40) == 0


def _set_up(site: Installation, folder: Path) -> None:
    site.run("init", "--email", "root@acme.example")
    site.run("entity", "create", "Acme Inc")
    site.run("user", "create", "finance@acme.example", "--role", "finance")
    site.run("user", "create", "review@acme.example", "--role", "accounting_review")
    site.run("secret", "set", "mail.password", "--from-stdin", given=PASSWORD)
    (folder / "invoices.csv").write_text(INVOICES)
    (folder / "mapping.toml").write_text(IMPORT_MAPPING)
    mapping = str(folder / "mapping.toml")
    report = site.answer(
        "import", str(folder / "invoices.csv"), "--mapping", mapping, "--direction", "payable"
    )
    assert report == {"imported": 3, "updated": 0, "unchanged": 0, "refused": []}
    site.run("party", "bank-account", "Wire Co", "--routing", "076401251", "--account", "12345678")
    site.run("party", "edit", "Wire Co", "--method", "ach")
    settings = [word for key, value in BANK.items() for word in ("--set", f"{key}={value}")]
    site.run("facility", "create", "Bank files", *settings)
    site.run("facility", "activate", "Bank files")
    site.run("mapping", "create", "ERP", "--columns", "number,party.name=Vendor,signed_payable=Amount")


def _schedule_now(site: Installation, name: str) -> None:
    """A schedule for this very minute; where the command comes to it after the minute, for the next one."""
    outputs = ["--ach", "nacha", "--other", "csv", "--other-mapping", "ERP"]
    who = ["--facility", "Bank files", "--on-behalf-of", "finance@acme.example"]
    for _ in range(3):
        now = datetime.now(UTC)
        when = ["--every", "once", "--start", f"{now:%Y-%m-%d}", "--at", f"{now:%H:%M}"]
        done = site.tried("schedule", "create", name, *when, *who, *outputs, "--json")
        if done.returncode == 0:
            return
        assert json.loads(done.stdout)["error"]["code"] == "never_runs", done.stderr
        assert datetime.now(UTC).minute != now.minute, done.stderr
    raise AssertionError(f"three minutes went by too soon: {done.stderr}")


def _ended(site: Installation, count: int) -> list[dict[str, Any]]:
    """The ended jobs, newest first, once there are so many."""

    def enough() -> list[dict[str, Any]] | None:
        items: list[dict[str, Any]] = site.answer("job", "list", "--state", "ended")["items"]
        return items if len(items) >= count else None

    found: list[dict[str, Any]] = wait_for(enough)
    return found


@pytest.mark.outside("sftp")
def test_invoices_go_from_a_file_to_the_customers_sftp_client(
    site: Installation, require_program: Callable[[str], str], tmp_path: Path
) -> None:
    _schedule_now(site, "Tonight")
    [job] = _ended(site, 1)
    assert (job["state"], job["succeeded"], job["failed"]) == ("completed", 3, 0)

    credential = site.answer("credential", "generate")
    _, port = (site.home / "sftp.address").read_text().split()
    client = StockClient(program=require_program("sftp"), port=int(port), home=tmp_path)
    login = {"user": credential["user_name"], "password": credential["password"]}
    write_known_hosts(tmp_path / "known_hosts", int(port), host_keys(site.home))
    fetched = client.run("get *", **login)
    assert fetched.returncode == 0, fetched.stderr

    files = site.answer("file", "list")["items"]
    assert sorted(file["route"] for file in files) == ["ach", "other"]
    for file in files:
        assert hashlib.sha256((tmp_path / file["name"]).read_bytes()).hexdigest() == file["sha256"]
    ach, other = (next(tmp_path.glob(pattern)) for pattern in ("ACH*.ach", "Invoice*.csv"))
    report = check(ach.read_bytes())
    assert (report.faults, report.credit) == ([], 126_000)
    assert other.read_bytes() == b"Invoice number,Vendor,Amount\r\nA-2,Blue Ltd,99.95\r\n"

    shown = site.answer("invoice", "show", "A-2")
    assert json.dumps(shown).count(other.name) >= 1
    assert "exported" in json.dumps(shown)


def test_failed_export_puts_the_invoices_back_mails_people_and_can_be_queued_again(
    site: Installation, post: tuple[PostOffice, Path], tmp_path: Path
) -> None:
    office, _ = post
    before = len(site.answer("job", "list", "--state", "ended")["items"])
    document = {
        "document_type": "invoice",
        "number": "B-1",
        "issue_date": "2026-11-05",
        "currency": "EUR",
        "party": {"name": "Wire Co"},
        "totals": {"payable": "5.00"},
    }
    (tmp_path / "b.json").write_text(json.dumps(document))
    site.run("import", str(tmp_path / "b.json"), "--direction", "payable")
    _schedule_now(site, "Again")
    job = _ended(site, before + 1)[0]
    shown = site.answer("job", "show", str(job["id"]))
    assert (job["state"], shown["error"]["code"]) == ("failed", "ach_currency")
    [invoice] = list(site.answer("invoice", "list", "--state", "pending")["items"])
    assert invoice["number"] == "B-1"

    wait_for(lambda: office.counted["review@acme.example"] and office.counted["root@acme.example"])
    letter = office.received[0].message
    assert "Wire Co" in letter.get_content()
    assert f"waybill job requeue {job['id']}" in letter.get_content()

    site.run("party", "edit", "Wire Co", "--method", "other")
    site.run("job", "requeue", str(job["id"]), "--reason", "paid by wire from now on", "--yes")
    again = wait_for(lambda: (site.answer("job", "show", str(job["id"]))["state"] == "completed") or None)
    assert again
    assert office.counted["review@acme.example"] == 1
