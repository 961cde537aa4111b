"""Prenotes: accounts that are new are asked about in the ACH file, and their invoices wait for the answer.

Safe to repeat: which items wait is decided before any file, which accounts a file asks about is stored with
its reservation, and from then on the file is written from that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from models import clock, prenotes
from models.files import BatchFile
from models.jobs import Claim, Job, Route, items
from models.jobs.items import ItemRow
from models.parties import masked
from models.prenotes import NewAccount, Standing
from models.problems import Problem
from worker.export import batches
from worker.export.plan import Plan
from worker.formats import Account, Batch, Item, PrenoteDays, Reservation


def hold_back(claim: Claim, job: Job, plan: Plan) -> None:
    """Fail the items whose accounts are not cleared yet; they are pending again when the job ends."""
    if Route.ACH in plan.routes and (days := _days(job, plan)) is not None:
        items.fail(claim, problems(items.stream(job.id, Route.ACH), days))


def problems(rows: Iterable[ItemRow], days: PrenoteDays) -> Iterator[tuple[int, Problem]]:
    """Each invoice (by its id) whose account waits, in the order of parties."""
    account_id, found = None, None
    for row in rows:
        if row.account_id is not None and row.account_id != account_id:
            account_id, found = row.account_id, prenotes.standing(row.account_id)
        if found is not None and not found.is_clear(days.today):
            yield row.invoice_id, _problem(row, found, days.live_from)


def asked(rows: Iterable[ItemRow], waiting: Mapping[int, Problem]) -> Iterator[Item]:
    """The new accounts among what waits, each once, for a file that is only looked at."""
    seen = set[int | None]()
    for row in rows:
        problem = waiting.get(row.invoice_id)
        if problem is not None and problem.code == prenotes.WANTED and row.account_id not in seen:
            seen.add(row.account_id)
            yield batches.as_item(row)._replace(number="", amount=0, document_type="invoice", due_date=None)


def days_of(plan: Plan, drafted: Batch) -> PrenoteDays | None:
    """The days of the prenotes in a file that is made now; None where it holds none."""
    chosen = plan.routes[Route(drafted.route)].format
    return chosen.prenote_days(replace(drafted, reservation=Reservation("A", 1, clock.now())))


def wanted(job: Job, route: Route) -> int:
    """How many prenotes the route's file will hold."""
    return prenotes.wanted(job.id, route) if route is Route.ACH else 0


def reserve(claim: Claim, plan: Plan, drafted: Batch, file: BatchFile) -> None:
    """Store which accounts the file asks about; inside the caller's transaction."""
    if (days := days_of(plan, drafted)) is not None:
        prenotes.reserve(claim, file, effective=days.settles, live_from=days.live_from)


def of_file(file_id: int) -> Iterator[Item]:
    """The accounts that a file asks about, as its format takes them."""
    return map(_as_item, prenotes.of_file(file_id))


def _days(job: Job, plan: Plan) -> PrenoteDays | None:
    return days_of(plan, batches.draft(job, plan, Route.ACH))


def _problem(row: ItemRow, found: Standing, next_date: date) -> Problem:
    whose = f"the account {masked(row.account or '')} of {row.party_name}"
    paid, pays = ("paid", "pays") if row.direction == "payable" else ("debited", "collects")
    off = "or set nacha.prenotes to no and re-queue the job"
    if found.answer is not None:
        return Problem(
            code=prenotes.RETURNED,
            reason=f"the bank returned the prenote to {whose}: {found.answer}",
            remedy=f"give the party the right account: waybill party bank-account PARTY …; {off}",
        )
    if found.live_from is not None:
        when = f"from {found.live_from}" if found.has_left else "some banking days after its prenote left"
        return Problem(
            code=prenotes.WAITING,
            reason=f"{whose} may be {paid} {when}: file {found.file_id} holds the prenote",
            remedy=f"nothing: it goes by itself with the first export from that day on; {off}",
        )
    return Problem(
        code=prenotes.WANTED,
        reason=f"{whose} is new: this export asks the bank by a prenote, and {pays} from {next_date}",
        remedy=f"nothing: it goes by itself with the first export from that day on; {off}",
    )


def _as_item(new: NewAccount) -> Item:
    account = Account(new.routing, new.number, new.kind, new.holder, new.holder_name, new.may_be_debited)
    return Item(
        item_id=0,
        invoice_id=0,
        direction=new.direction,
        document_type="invoice",
        number="",
        party_id=new.party_id,
        party_number=new.party_number,
        party_name=new.party_name,
        issue_date="",
        due_date=None,
        currency="USD",
        amount=0,
        account=account,
        content_json="{}",
    )
