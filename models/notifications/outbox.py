"""The outbox: one row per event and recipient, which waits until a mail server took it.

    waiting → sending → sent
                      → given_up   the server refuses this recipient or this letter for good
                      → waiting    it could not be said now; tried again later

A sender claims a row before it opens its mouth; `claim` only grows and fences a sender presumed dead.
"""

from __future__ import annotations

import hashlib
import logging
import re
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from peewee import BigIntegerField, ForeignKeyField, IntegerField, ModelSelect, TextField

from models import audit, clock
from models.database import Table, execute, executemany, transaction
from models.entities import LegalEntity
from models.errors import NotFound
from models.faults import fault_point
from models.fields import EnumField, UTCField, from_millis, to_millis
from models.paging import Seek
from models.people import Action, Actor, require, visible_entities
from models.settings import current

log = logging.getLogger("waybill.mail")

_MAX_ERROR = 500
# RFC 5321 §4.1.2 dot-string and domain, without the quoted forms that headers and commands read differently.
_ADDRESS = re.compile(r"[^\s@<>(),;:\\\"\[\]]+@[^\s@<>(),;:\\\"\[\]]+")


class MailKind(StrEnum):
    """What a letter is about."""

    EXPORT_FAILED = "export_failed"
    EXPORT_WITH_ERRORS = "export_with_errors"
    ACH_ANSWERS = "ach_answers"


class MailState(StrEnum):
    """How far a letter has come."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    GIVEN_UP = "given_up"


class OutboxMail(Table):
    """One letter to one recipient about one event."""

    event = TextField()
    """What it is about, unique for all time: the job, its attempt, and when the job was made."""
    kind = EnumField(MailKind)
    entity = ForeignKeyField(LegalEntity)
    job_id = BigIntegerField(null=True)
    recipient = TextField()
    subject = TextField()
    body = TextField()
    message_id = TextField()
    """Made from event and recipient: a letter sent twice is recognised as one by who receives it."""
    state = EnumField(MailState, default=MailState.WAITING)
    tries = IntegerField(default=0)
    not_before = UTCField(default=clock.now)
    claimed_by = TextField(default="")
    claim = IntegerField(default=0)
    created_at = UTCField(default=clock.now)
    sent_at = UTCField(null=True)
    last_error = TextField(default="")
    entity_id: int

    class Meta:
        table_name = "outbox_mail"
        indexes = ((("event", "recipient"), True), (("entity", "id"), False))


OutboxMail.add_index(
    OutboxMail.index(
        OutboxMail.not_before,
        OutboxMail.id,
        name="outbox_mail_waiting",
        where=(OutboxMail.state == MailState.WAITING),
    )
)
OutboxMail.add_index(
    OutboxMail.index(OutboxMail.id, name="outbox_mail_sending", where=(OutboxMail.state == MailState.SENDING))
)
OutboxMail.add_index(
    OutboxMail.index(
        OutboxMail.id, name="outbox_mail_given_up", where=(OutboxMail.state == MailState.GIVEN_UP)
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A claimed letter: what its sender needs of it."""

    id: int
    claim: int
    tries: int
    """This one included."""
    job_id: int | None
    recipient: str
    subject: str
    body: str
    message_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A letter that some sender has claimed."""

    id: int
    claim: int
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A letter that waits, as seen at one moment."""

    id: int
    claim: int
    tries: int


_PUT = """
INSERT INTO outbox_mail (event, kind, entity_id, job_id, recipient, subject, body, message_id, state, tries,
                         not_before, claimed_by, claim, created_at, last_error)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', 0, ?, '', 0, ?, '')
ON CONFLICT (event, recipient) DO NOTHING
"""
_IS_DUE = "SELECT 1 FROM outbox_mail WHERE state = 'waiting' AND not_before <= ? LIMIT 1"
_CLAIM = """
UPDATE outbox_mail SET state = 'sending', claimed_by = ?, claim = claim + 1, tries = tries + 1
WHERE state = 'waiting' AND id = (
    SELECT id FROM outbox_mail WHERE state = 'waiting' AND not_before <= ? ORDER BY not_before, id LIMIT 1
    FOR UPDATE SKIP LOCKED)
RETURNING id, claim, tries, job_id, recipient, subject, body, message_id, created_at
"""
_FINISH = """
UPDATE outbox_mail SET state = ?, claimed_by = '', sent_at = ?, last_error = ?
WHERE id = ? AND claim = ? AND state = 'sending'
"""
_PUT_BACK = """
UPDATE outbox_mail SET state = 'waiting', claimed_by = '', not_before = ?, last_error = ?
WHERE id = ? AND claim = ? AND state = 'sending'
"""
_QUEUED = "SELECT id, claim, tries FROM outbox_mail WHERE state = 'waiting' AND not_before <= ? ORDER BY id"
_POSTPONE = """
UPDATE outbox_mail SET tries = tries + 1, not_before = ?, last_error = ?
WHERE id = ? AND claim = ? AND state = 'waiting'
"""
_HELD = "SELECT id, claim, claimed_by FROM outbox_mail WHERE state = 'sending' ORDER BY id"
_FOR_EVER = 2**62


def put(
    event: str,
    *,
    kind: MailKind,
    entity_id: int,
    job_id: int | None,
    recipients: Iterable[str],
    subject: str,
    body: str,
) -> int:
    """Add one letter per recipient who has none for this event yet; inside the caller's transaction.

    What is no plain e-mail address is left out and logged. Returns how many letters were added.
    """
    now, added = to_millis(clock.now()), 0
    for recipient in recipients:
        if not is_address(recipient):
            log.warning(
                "mail.no_address job=%s: %r is no address that mail can be sent to", job_id, recipient
            )
            continue
        message_id = _message_id(event, recipient)
        row = (event, kind, entity_id, job_id, recipient, subject, body, message_id, now, now)
        added += execute(_PUT, row).rowcount
    return added


def is_address(text: str) -> bool:
    """Whether it is a plain e-mail address, that can stand in a header and in a command."""
    return text.isprintable() and _ADDRESS.fullmatch(text) is not None


def is_due() -> bool:
    """Whether anything waits whose time has come; a read, so that idling costs no write."""
    return execute(_IS_DUE, (to_millis(clock.now()),)).fetchone() is not None


def claim_next(owner: str) -> Letter | None:
    """Take the letter that has been due longest, so that no other sender does; None when there is none."""
    with transaction(shared=True):
        row = execute(_CLAIM, (owner, to_millis(clock.now()))).fetchone()
        fault_point("mail.claiming")
    if row is None:
        return None
    fault_point("mail.claimed")
    mail_id, claim, tries, job_id, recipient, subject, body, message_id, created_at = row
    return Letter(
        id=mail_id,
        claim=claim,
        tries=tries,
        job_id=job_id,
        recipient=recipient,
        subject=subject,
        body=body,
        message_id=message_id,
        created_at=from_millis(created_at),
    )


def mark_sent(letter: Letter) -> bool:
    """The server took it; False when the claim was taken away meanwhile."""
    return _write(_FINISH, (MailState.SENT, to_millis(clock.now()), "", letter.id, letter.claim))


def give_up(letter: Letter, error: str) -> bool:
    """The server refuses it for good; its words are kept."""
    return _write(_FINISH, (MailState.GIVEN_UP, None, error[:_MAX_ERROR], letter.id, letter.claim))


def put_back(letter: Letter | Held, until: datetime, error: str) -> bool:
    """It waits again, not to be tried before `until`."""
    return _write(_PUT_BACK, (to_millis(until), error[:_MAX_ERROR], letter.id, letter.claim))


def queued(*, due_only: bool) -> list[Queued]:
    """The letters that wait, or those of them whose time has come."""
    until = to_millis(clock.now()) if due_only else _FOR_EVER
    return [Queued(id=row[0], claim=row[1], tries=row[2]) for row in execute(_QUEUED, (until,))]


def postpone(letters: Iterable[tuple[Queued, datetime]], error: str) -> None:
    """Let waiting letters wait on, each until its time: nobody could be reached for any of them."""
    with transaction(shared=True):
        executemany(
            _POSTPONE,
            [(to_millis(until), error[:_MAX_ERROR], letter.id, letter.claim) for letter, until in letters],
        )


def held() -> list[Held]:
    """The letters that are being sent, or were when their sender died."""
    return [Held(id=row[0], claim=row[1], owner=row[2]) for row in execute(_HELD)]


def waiting(actor: Actor, *, limit: int = 100) -> list[OutboxMail]:
    """The letters that have not left yet and still may, oldest first."""
    query = _visible(actor).where(OutboxMail.state.in_([MailState.WAITING, MailState.SENDING]))
    return list(query.order_by(OutboxMail.id).limit(limit))


def listed(
    actor: Actor,
    *,
    entity_id: int | None = None,
    state: MailState | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[OutboxMail]:
    """Letters the actor may see, newest first."""
    query = _visible(actor).order_by(OutboxMail.id.desc()).limit(limit)
    if entity_id is not None:
        query = query.where(OutboxMail.entity == entity_id)
    if state is not None:
        query = query.where(OutboxMail.state == state)
    if before_id is not None:
        query = query.where(OutboxMail.id < before_id)
    return list(query)


def paged(actor: Actor, seek: Seek, *, state: MailState | None = None) -> list[OutboxMail]:
    """A page of the letters the actor may see, newest first, by key: the ids."""
    query = _visible(actor).order_by(OutboxMail.id.asc() if seek.backwards else OutboxMail.id.desc())
    if state is not None:
        query = query.where(OutboxMail.state == state)
    if seek.key is not None:
        beyond = OutboxMail.id > seek.key if seek.backwards else OutboxMail.id < seek.key
        query = query.where((beyond | (OutboxMail.id == seek.key)) if seek.inclusive else beyond)
    return seek.in_order(list(query.limit(seek.limit)))


def counts(actor: Actor) -> dict[MailState, int]:
    """How many letters the actor may see stand in each state."""
    states = dict.fromkeys(MailState, 0)
    for state in states:
        states[state] = _visible(actor).where(OutboxMail.state == state).count()
    return states


def find(actor: Actor, mail_id: int) -> OutboxMail:
    """By id; raises `NotFound` for one the actor may not see too."""
    mail: OutboxMail | None = _visible(actor).where(OutboxMail.id == mail_id).get_or_none()
    if mail is None:
        raise NotFound(f"there is no mail {mail_id}", remedy="see: waybill notification list")
    return mail


def retry(actor: Actor, entity_id: int, mail_id: int | None = None) -> int:
    """Make an entity's waiting letters due now; one that is named also when it was given up."""
    require(actor, Action.REPAIR, entity_id)
    states = [MailState.WAITING] if mail_id is None else [MailState.WAITING, MailState.GIVEN_UP]
    with transaction():
        query = OutboxMail.update(state=MailState.WAITING, not_before=clock.now(), tries=0).where(
            OutboxMail.entity == entity_id, OutboxMail.state.in_(states)
        )
        changed = int((query if mail_id is None else query.where(OutboxMail.id == mail_id)).execute())
        audit.record(
            actor, "retry", "mail", subject_id=mail_id, entity_id=entity_id, after={"due_now": changed}
        )
    return changed


def _visible(actor: Actor) -> ModelSelect[OutboxMail]:
    query = OutboxMail.select()
    seen = visible_entities(actor)
    return query if seen is None else query.where(OutboxMail.entity.in_(seen))


def _write(sql: str, parameters: Sequence[object]) -> bool:
    with transaction(shared=True):
        written = bool(execute(sql, parameters).rowcount == 1)
        fault_point("mail.marking")
    fault_point("mail.marked")
    return written


def _message_id(event: str, recipient: str) -> str:
    """RFC 5322 §3.6.4; the host's plain name, since asking for its full one may take the network."""
    digest = hashlib.sha256(f"{event}\n{recipient}".encode()).hexdigest()[:32]
    domain = current().mail.sender.rpartition("@")[2].strip(" >") or socket.gethostname()
    return f"<waybill.{digest}@{domain if domain.isascii() and domain.isprintable() else 'waybill'}>"
