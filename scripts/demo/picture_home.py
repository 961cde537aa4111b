"""A demo installation after a week at work: nightly exports, a payee without an account, schedules to come.

Everything is done by Waybill's own commands and worker, on a clock that is moved from night to night.
"""

from __future__ import annotations

import os
from contextlib import chdir, redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import time_machine

from companies import BUYER, BY_JSON, BY_TABLE, BY_XML, MARISOL, Company
from models import installation, services
from models.database import connection
from models.jobs import Job, JobState
from models.settings import HOME_VARIABLE
from tui.cli import waybill
from worker import export
from worker.ticker import Ticker

DEMO = Path(__file__).resolve().parent
EMAIL = "anna@kittiwake.example"
FINANCE = "finance@kittiwake.example"
MAPPING = "Ledger columns"
BEGIN = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
"""A Monday; the pictures are taken on Friday morning."""
NOW = BEGIN + timedelta(days=4, minutes=12)
_NIGHTS = 4
_PROFILE = {
    "immediate_destination": "990000013",
    "immediate_origin": "1000004200",
    "company_name": "KITTIWAKE",
    "company_id": "1000004200",
    "odfi": "990000013",
}


def make(home: Path) -> None:
    """Make it, and leave it open for whoever called; the clock is moved, and put back."""
    os.environ[HOME_VARIABLE] = str(home)
    # Paths as they were given are shown: none of them names a folder of this machine.
    with chdir(DEMO), time_machine.travel(BEGIN, tick=False) as clock:
        installation.create(home, email=EMAIL)
        _set_up()
        _take_in(0)
        _say_how()
        for night in range(1, _NIGHTS + 1):
            clock.move_to(BEGIN.replace(hour=2, minute=30, second=1) + timedelta(days=night))
            _run_what_is_due()
            clock.move_to(BEGIN + timedelta(days=night))
            _take_in(night)
        clock.move_to(NOW)
        with connection():
            services.begin(services.Kind.WORKER)  # this process did its work
    installation.open_home()


def _do(*words: str) -> None:
    """One command, unseen; what it refuses is raised."""
    said = StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        waybill.main([*words], standalone_mode=False)


def _set_up() -> None:
    _do("entity", "create", BUYER.name, "--country", BUYER.country, "--identifier", BUYER.legal_id)
    _do("user", "create", FINANCE, "--role", "finance")
    _do("user", "create", "review@kittiwake.example", "--role", "accounting_review")


def _take_in(night: int) -> None:
    """What the demo has, over the days."""
    mapping = ("--mapping", "portal-columns.toml", "--direction", "payable")
    doors: dict[int, tuple[tuple[Company, ...], tuple[str, ...]]] = {
        0: (BY_XML, ("invoices/ubl",)),
        1: (BY_TABLE, ("invoices/portal.csv", *mapping)),
        3: (BY_JSON, ("invoices/agency.json",)),
    }
    if night in doors:
        companies, words = doors[night]
        _do("import", *words)
        _name_accounts(companies)


def _name_accounts(companies: tuple[Company, ...]) -> None:
    """Payees paid by ACH; one has no account yet, and its invoices fail until somebody adds it."""
    for company in companies:
        if company.account is not None:
            _do("party", "edit", company.name, "--method", "ach")
            if company is not MARISOL:
                _add_account(company)


def _add_account(company: Company) -> None:
    account = company.account
    if account is not None:
        _do("party", "bank-account", company.name, "--routing", account.routing, "--account", account.number)


def _say_how() -> None:
    _do("mapping", "create", MAPPING, "--file", "ledger-columns.json")
    profile = [part for key, value in _PROFILE.items() for part in ("--set", f"nacha.{key}={value}")]
    _do("facility", "create", "Accounts payable", *profile)
    _do("facility", "activate", "Accounts payable", "--yes")
    who = ("--on-behalf-of", FINANCE)
    both = ("--ach", "nacha", "--other", "csv", "--other-mapping", MAPPING)
    _do("schedule", "create", "Nightly", "--every", "daily", "--at", "02:30", *who, *both)
    monthly = ("--every", "monthly", "--at", "22:00", "--start", "2026-11-30")
    _do("schedule", "create", "Month end", *monthly, *who, "--other", "csv")
    _do("credential", "generate")


def _run_what_is_due() -> None:
    """A tick, and each job it made, as a worker would."""
    with connection():
        Ticker().tick()
        for job in Job.select().where(Job.state == JobState.PENDING):
            export.run(job.id)
