"""`waybill notification`: the mails about failed exports, waiting and sent."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import click

from models import notifications
from models.notifications import MailState, OutboxMail
from tui.cli.console import (
    ROW_ID,
    Session,
    Verbs,
    after_option,
    entity_option,
    in_session,
    limit_option,
    time_text,
)
from tui.wording import counted


@click.group("notification", cls=Verbs)
def command() -> None:
    """Mails about failed exports: which wait, which were sent, and whether the mail server takes any."""


@command.command("list")
@entity_option
@click.option("--state", type=click.Choice([state.value for state in MailState]), help="Only these.")
@limit_option
@after_option
@in_session
def list_mails(
    session: Session, entity_name: str | None, state: str | None, limit: int, after: int | None
) -> None:
    """The mails of your legal entities, newest first."""
    entity = session.entity(entity_name) if entity_name else None
    found = notifications.listed(
        session.actor,
        entity_id=entity.id if entity else None,
        state=MailState(state) if state else None,
        before_id=after,
        limit=limit + 1,
    )
    page = found[:limit]
    following = str(page[-1].id) if len(found) > limit else None
    session.listing(
        [_as_item(mail) for mail in page],
        lambda: (line for mail in page for line in _lines(mail)),
        empty="No mail. An export that fails writes one; to try the server: waybill notification test EMAIL",
        following=following,
    )


@command.command("show")
@click.argument("mail_id", type=ROW_ID, metavar="ID")
@in_session
def show_mail(session: Session, mail_id: int) -> None:
    """One mail as it is sent."""
    mail = notifications.find(session.actor, mail_id)
    lines = [f"To: {mail.recipient}", f"Subject: {mail.subject}", f"State: {mail.state}"]
    if mail.last_error:
        lines.append(f"Last answer: {mail.last_error}")
    item = _as_item(mail) | {"message_id": mail.message_id, "body": mail.body}
    session.answer(item, "\n".join([*lines, "", mail.body.rstrip()]))


@command.command("retry")
@click.argument("mail_id", type=ROW_ID, metavar="[ID]", required=False)
@entity_option
@in_session
def retry(session: Session, mail_id: int | None, entity_name: str | None) -> None:
    """Send waiting mails now; one named by its ID also when it was given up."""
    if mail_id is None:
        entity_id = session.entity(entity_name).id
    else:
        entity_id = notifications.find(session.actor, mail_id).entity_id
    due = notifications.retry(session.actor, entity_id, mail_id)
    are = "is" if due == 1 else "are"
    session.answer({"due_now": due}, f"{counted(due, 'mail')} {are} due now; waybill worker sends them")
    if not session.settings.mail.host:
        session.warn("mail.host is empty, so no mail leaves. Set it in waybill.toml")


@command.command("test")
@click.argument("email")
@in_session
def test(session: Session, email: str) -> None:
    """Send a test mail at once, and say what the mail server answers."""
    from worker import notify

    words = notify.send_test(session.actor, email)
    mail = session.settings.mail
    item = {"recipient": email, "server": f"{mail.host}:{mail.port}", "answer": words}
    session.answer(item, f"{mail.host}:{mail.port} took the mail to {email}: {words}")


def _lines(mail: OutboxMail) -> Iterator[str]:
    yield f"{mail.id}  {mail.state.value}  {time_text(mail.sent_at or mail.created_at)}  {mail.recipient}"
    told = [mail.subject]
    if mail.last_error:
        waits = mail.state == MailState.WAITING
        again = f", again not before {time_text(mail.not_before)}" if waits else ""
        told.append(f"tried {counted(mail.tries, 'time')}{again}: {mail.last_error}")
    for text in told:
        yield from textwrap.wrap(text, 80, initial_indent="    ", subsequent_indent="      ")


def _as_item(mail: OutboxMail) -> dict[str, Any]:
    return {
        "id": mail.id,
        "kind": mail.kind.value,
        "state": mail.state.value,
        "entity": mail.entity.name,
        "job": mail.job_id,
        "recipient": mail.recipient,
        "subject": mail.subject,
        "tries": mail.tries,
        "created_at": mail.created_at,
        "not_before": mail.not_before if mail.state == MailState.WAITING else None,
        "sent_at": mail.sent_at,
        "last_error": mail.last_error,
    }
