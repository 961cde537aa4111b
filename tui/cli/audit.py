"""`waybill audit`: who did what, when, and why."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime

import click

from models import audit, entities
from models.audit import AuditEntry
from models.people import audited_entities
from tui import audit_text
from tui.cli.console import (
    Moment,
    Session,
    Verbs,
    after_option,
    entity_filter,
    in_session,
    limit_option,
    time_text,
)


@click.group("audit", cls=Verbs)
def command() -> None:
    """The audit: every act that changed something."""


@command.command("list")
@entity_filter
@click.option("--who", default="", help="Only acts of users with this in their e-mail or OS account.")
@click.option("--what", default="", help="Only this act, e.g. grant.")
@click.option("--on", default="", help="Only acts on this kind of thing, e.g. facility.")
@click.option("--name", default="", help="Only acts on things with this in their name.")
@click.option("--since", type=Moment(), help="Only acts from this UTC time on, e.g. 2026-11-01.")
@after_option
@limit_option
@in_session
def list_acts(
    session: Session,
    entity_name: str | None,
    since: datetime | None,
    after: int | None,
    limit: int,
    **words: str,
) -> None:
    """The acts, the latest first: who (user and OS account), what, before and after, why."""
    allowed = audited_entities(
        session.actor, session.entity(entity_name).id if entity_name is not None else None
    )
    found = audit.entries(
        entity_ids=allowed,
        before_id=after,
        sought=audit.Sought(**words, since=since.replace(tzinfo=UTC) if since else None),
        limit=limit + 1,
    )
    shown = found[:limit]
    following = str(shown[-1].id) if len(found) > limit else None
    known: dict[int | None, str] = {one.id: one.name for one in entities.visible(session.actor)}
    session.listing(
        [audit_text.as_item(entry) for entry in shown],
        lambda: (line for entry in shown for line in _lines(entry, known.get(entry.entity_id))),
        empty="No act was recorded in that time.",
        following=following,
    )


def _lines(entry: AuditEntry, entity: str | None) -> Iterator[str]:
    account = f" ({entry.os_account})" if entry.os_account else ""
    where = f", {entity}" if entity else ""
    yield f"{time_text(entry.at)}  {entry.actor}{account}{where}"
    yield f"    {entry.action} {entry.subject} {entry.subject_name}".rstrip()
    if change := audit_text.change_line(entry.before or {}, entry.after or {}):
        yield from _indented(change)
    if entry.reason:
        yield from _indented(f"why: {entry.reason}")


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, 80, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False)
