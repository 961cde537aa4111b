"""Waybill at work, from nothing to a fetched file, with its own command line and nothing faked.

    installation → invoices in → how they go out → a schedule due now → services → the job → the files

`scripts/quickstart` prepares the environment and runs this.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from companies import BUYER, VENDORS, Company
from models.parties import AccountKind, Holder
from pickup import Pickup, fetch
from stage import WAYBILL, Failed, Stage, stage

DEMO = Path(__file__).resolve().parent
FINANCE = "finance@kittiwake.example"
FACILITY = "Accounts payable"
MAPPING = "Ledger columns"
SCHEDULE = "First export"
BANK_PROFILE = {
    "immediate_destination": "990000013",
    "immediate_origin": "1000004200",
    "destination_name": "FICTIONAL BANK",
    "origin_name": "KITTIWAKE TRADING INC",
    "company_name": "KITTIWAKE",
    "company_id": "1000004200",
    "odfi": "990000013",
}
_SETTINGS = """\
[sftp]
port = 0   # any that is free
"""
_ENDED = {"completed", "completed_with_errors", "failed", "cancelled"}
_UP_SECONDS = 30
_JOB_SECONDS = 60
# A schedule is kept to the minute, and refused once its minute is over.
_TO_TYPE_IT = timedelta(seconds=15)


@click.command()
@click.option("--headless", is_flag=True, help="Do not open the terminal program; remove everything and end.")
@click.option("--keep", is_flag=True, help="Leave the folder with everything in it, and say where it is.")
def main(headless: bool, keep: bool) -> None:
    """Waybill at work, from nothing: invoices in, one scheduled export, two files fetched over SFTP."""
    began = time.monotonic()
    looked_at = not headless and sys.stdin.isatty() and sys.stdout.isatty()
    try:
        with stage(keep=keep) as play:
            pickup = perform(play)
            click.secho(f"\nAll of this took {time.monotonic() - began:.0f} s.", bold=True)
            if looked_at:
                show_around(play, pickup)
    except (Failed, OSError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)
    click.echo(_ending(play, keep=keep))


def perform(play: Stage) -> Pickup:
    """Everything, step by step; returns what a customer needs to fetch files."""
    play.title("1. An installation, in a folder of its own")
    set_up(play)
    play.title("2. Invoices in: 240 of them, as UBL, as a portal's CSV and as JSON")
    take_in(play)
    play.title("3. Whom we pay by ACH, and where to")
    name_accounts(play)
    play.title("4. How they go out: columns for the ledger, a profile for the bank")
    prepare_export(play)
    play.title("5. A schedule that is due now, and the services")
    schedule_now(play)
    start(play)
    play.title("6. The job has run: one ACH file, one for all others")
    job = wait_for_job(play)
    play.title("7. The files, fetched over SFTP with a credential made for it")
    pickup = hand_out(play)
    fetch_files(play, job, pickup)
    return pickup


def set_up(play: Stage) -> None:
    """Home, legal entity, users."""
    click.secho(f"$ export WAYBILL_HOME={shlex.quote(str(play.home))}", fg="cyan")
    play.run("init")
    (play.home / "waybill.toml").write_text(_SETTINGS, encoding="utf-8")
    play.run("entity", "create", BUYER.name, "--country", BUYER.country, "--identifier", BUYER.legal_id)
    play.run("user", "create", FINANCE, "--role", "finance")
    play.run("user", "create", "review@kittiwake.example", "--role", "accounting_review")


def take_in(play: Stage) -> None:
    """The demo's documents, through each of the three doors."""
    documents = DEMO / "invoices"
    play.run("import", shown(documents / "ubl"))
    play.run("import", shown(documents / "agency.json"))
    mapping = ("--mapping", shown(DEMO / "portal-columns.toml"), "--direction", "payable")
    play.run("import", shown(documents / "portal.csv"), *mapping)


def name_accounts(play: Stage) -> None:
    """The import made the parties; where money goes is for people to say."""
    for company in VENDORS:
        if company.account is not None:
            play.run("party", "edit", company.name, "--method", "ach")
            play.run("party", "bank-account", company.name, *_account(company))


def _account(company: Company) -> list[str]:
    account = company.account
    if account is None:
        return []
    kind = ["--savings"] if account.kind is AccountKind.SAVINGS else []
    holder = ["--person"] if account.holder is Holder.PERSON else []
    return ["--routing", account.routing, "--account", account.number, *kind, *holder]


def prepare_export(play: Stage) -> None:
    """A mapping for the non-ACH file, a facility with the bank's profile for the ACH file."""
    play.run("mapping", "create", MAPPING, "--file", shown(DEMO / "ledger-columns.json"))
    profile = [part for key, value in BANK_PROFILE.items() for part in ("--set", f"nacha.{key}={value}")]
    play.run("facility", "create", FACILITY, *profile)
    play.run("facility", "activate", FACILITY, "--yes")


def schedule_now(play: Stage) -> None:
    """Once, in the present minute; in the next one when this one is nearly over."""
    at = datetime.now(UTC) + _TO_TYPE_IT
    when = ("--start", f"{at:%Y-%m-%d}", "--at", f"{at:%H:%M}")
    files = ("--ach", "nacha", "--other", "csv", "--other-mapping", MAPPING)
    play.run("schedule", "create", SCHEDULE, "--once", *when, "--on-behalf-of", FINANCE, *files)


def start(play: Stage) -> None:
    """`waybill up`, until the pickup server listens."""
    play.show("up")
    play.start_services()
    address = play.home / "sftp.address"
    play.wait_for("the pickup server does not listen", lambda: address.exists() or None, _UP_SECONDS)
    play.say(f"worker and SFTP server run, on port {address.read_text(encoding='utf-8').split()[1]}")


def wait_for_job(play: Stage) -> dict[str, Any]:
    """The job, ended; raises `Failed` when it did not end well."""

    def ended() -> str | None:
        jobs = play.ask("job", "list")["items"]
        return next((str(job["id"]) for job in jobs if job["state"] in _ENDED), None)

    job_id = play.wait_for("the job has not ended", ended, _JOB_SECONDS)
    play.run("job", "show", job_id)
    job: dict[str, Any] = play.ask("job", "show", job_id)
    if job["state"] != "completed":
        raise Failed(f"the job ended as {job['state']}, and all its invoices were meant to go")
    return job


def hand_out(play: Stage) -> Pickup:
    """Make a credential; nobody can read its password again."""
    play.show("credential", "generate", "--json")
    pickup = Pickup.of(play.ask("credential", "generate"))
    play.say(f"user      {pickup.user}\npassword  {pickup.password}   (shown this once)")
    return pickup


def fetch_files(play: Stage, job: dict[str, Any], pickup: Pickup) -> None:
    """Fetch both files as a customer would, with the stock `sftp`, and compare their hashes."""
    click.secho(f"$ {pickup.command}", fg="cyan")
    if shutil.which("sftp") is None:
        play.say("the program sftp is not installed here, so nothing was fetched")
        return
    files = {file["name"]: file["sha256"] for file in job["files"]}
    fetched = fetch(pickup, list(files), play.folder / "fetched")
    for name, digest in files.items():
        if fetched[name] != digest:
            raise Failed(f"{name} was fetched with SHA-256 {fetched[name]}, but {digest} was written")
        play.say(f"sftp> get {name}\nthe same bytes as in the archive: SHA-256 {digest[:16]}…")


def show_around(play: Stage, pickup: Pickup) -> None:
    """The terminal program, with the services running behind it."""
    waybill = os.path.relpath(WAYBILL)
    click.echo(
        "\nWhile the terminal program is open, the services run. In another terminal:\n"
        f"  export WAYBILL_HOME={shlex.quote(str(play.home))}\n"
        f"  {waybill} job list\n"
        f"  {pickup.command}\n"
        f"with the password {pickup.password}.\n"
        "Press Enter to open it (? there shows its keys), or type q to end here: ",
        nl=False,
    )
    answer = sys.stdin.readline()
    if answer and answer.strip() != "q":
        play.open_terminal_program()


def shown(path: Path) -> str:
    """A path as it is typed in the folder one is in."""
    return os.path.relpath(path)


def _ending(play: Stage, *, keep: bool) -> str:
    if not keep:
        return "Everything is stopped, and the folder is removed."
    home = shlex.quote(str(play.home))
    return (
        f"Everything is stopped. The installation is in {play.home}; to go on:\n"
        f"  WAYBILL_HOME={home} {os.path.relpath(WAYBILL)} up\n"
        f"To remove it: rm -r {shlex.quote(str(play.folder))}"
    )


if __name__ == "__main__":
    main(prog_name="scripts/quickstart")
