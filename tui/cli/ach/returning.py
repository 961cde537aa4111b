"""What `waybill ach returns` says: which answers were matched to what, and what recording them did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from models.ach_returns.originals import PaidItem, SentFile
from models.ach_returns.recording import NewAccount, Recorded
from models.fields import amount_text
from models.parties import masked
from tui.cli.console import Session, time_text, visible
from tui.wording import counted
from worker.ach import returns
from worker.ach.returns import Plan, Row


def carry_out(session: Session, plan: Plan, *, dry_run: bool, yes: bool) -> None:
    """Show the plan and, unless that was all, record it; exits 1 when an answer is nobody's."""
    if dry_run or not session.as_json:
        session.answer(_as_plan(plan, None), "\n".join(_plan_lines(plan)))
    new = [row for row in plan.rows if row.found is not None and not row.known]
    if not dry_run and (new or plan.recorded_at is None):
        if new:
            session.confirm(f"Record {counted(len(new), 'answer')}?", yes=yes)
        done = returns.apply(session.actor, plan)
        session.answer(_as_plan(plan, done), "\n".join(_result_lines(done)))
    elif not dry_run and session.as_json:
        session.answer(_as_plan(plan, []), "")
    if plan.unmatched:
        raise click.exceptions.Exit(1)


def _as_plan(plan: Plan, done: Sequence[Recorded] | None) -> dict[str, Any]:
    return {
        "file": plan.source.name,
        "sha256": plan.source.sha256,
        "recorded_at": plan.recorded_at,
        "answers": [_as_row(row) for row in plan.rows],
        "result": None if done is None else _as_result(done),
    }


def _as_result(done: Sequence[Recorded]) -> dict[str, Any]:
    return {
        "recorded": sum(one.is_new for one in done),
        "known": sum(not one.is_new for one in done),
        "on_hold": [invoice_id for one in done for invoice_id in one.held],
    }


def _as_row(row: Row) -> dict[str, Any]:
    answer = row.answer
    said = {
        "record": answer.record,
        "kind": answer.kind,
        "code": answer.code,
        "words": answer.reason.words,
        "remedy": answer.reason.remedy,
        "information": answer.information,
        "trace": answer.trace,
        "amount": amount_text(answer.cents, "USD"),
        "account": masked(answer.account),
    }
    return said | _as_found(row) | {"problem": row.problem, "recorded_before": row.known}


def _as_found(row: Row) -> dict[str, Any]:
    """What of ours it is about."""
    found = row.found
    if found is None:
        return {"file": None, "job": None, "party": None, "invoices": [], "proposed_account": None}
    party = None if found.party_id is None else {"id": found.party_id, "name": row.party}
    return {
        "file": {"id": found.file.file_id, "name": found.file.name},
        "job": found.file.job_id,
        "party": party,
        "invoices": [_as_invoice(item, found.file) for item in row.items],
        "proposed_account": None if found.proposed is None else _as_account(found.proposed),
    }


def _as_invoice(item: PaidItem, file: SentFile) -> dict[str, Any]:
    return {
        "id": item.invoice_id,
        "number": item.number,
        "amount": item.amount_text,
        "state": item.state,
        "stays": item.why_not_held(file),
    }


def _as_account(proposed: NewAccount) -> dict[str, Any]:
    return {
        "routing": proposed.routing,
        "account": masked(proposed.number),
        "kind": proposed.kind,
        "holder_name": proposed.name,
    }


def _plan_lines(plan: Plan) -> Iterator[str]:
    if plan.recorded_at is not None:
        yield f"{plan.source.name} was recorded at {time_text(plan.recorded_at)} already"
    for row in plan.rows:
        yield from map(visible, _row_lines(row))
    yield (
        f"plan: {counted(len(plan.rows), 'answer')}, {len(plan.unmatched):,} of no entry of ours, "
        f"{sum(row.known for row in plan.rows):,} recorded before"
    )


def _row_lines(row: Row) -> Iterator[str]:
    answer, found = row.answer, row.found
    amount = f"{amount_text(answer.cents, 'USD')} USD to " if answer.cents else ""
    yield (
        f"{answer.kind} {answer.code}: {answer.reason.words}"
        f"{f' ({answer.information})' if answer.information else ''}"
    )
    yield f"  entry     {answer.trace}, {amount}{row.party or answer.name}, {masked(answer.account)}"
    if found is None:
        yield f"  not ours  {row.problem}"
        return
    yield f"  left in   file {found.file.file_id}, {found.file.name}, job {found.file.job_id}"
    if row.known:
        yield "  recorded before"
        return
    if answer.kind == "return":
        for item in row.items:
            stays = item.why_not_held(found.file)
            does = f"stays: {stays}" if stays else "exported -> on hold"
            yield f"  invoice   {item.number}, {item.amount_text} USD: {does}"
    if (new := found.proposed) is not None:
        name = f", {new.name}" if new.name else ""
        yield f"  proposes  account {masked(new.number)} at {new.routing}, {new.kind}{name}"
    if row.problem:
        yield f"  but       {row.problem}"
    yield f"  to do     {answer.reason.remedy}"


def _result_lines(done: Sequence[Recorded]) -> Iterator[str]:
    result = _as_result(done)
    on_hold = len(result["on_hold"])
    yield f"recorded: {counted(result['recorded'], 'answer')}, {counted(on_hold, 'invoice')} put on hold"
