"""Letters out of the outbox and over to the mail server: what happened → who must know.

Each letter is claimed, sent and marked, one after the other over one connection; a crash in between doubles
at most that one, under the same Message-ID. Nothing here touches an export: what cannot leave waits.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import time
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from functools import cache

from models import audit, clock
from models.database import connection, transaction
from models.errors import ConfigurationError, DeliveryError, InvalidInput, WaybillError
from models.faults import fault_point
from models.jobs.lease import is_gone, owner_name
from models.notifications import outbox
from models.notifications.outbox import Held, Letter
from models.people import Action, Actor, require
from models.secrets import reveal
from models.settings import Mail, current
from worker.smtp import Answer, MailServer, Timeouts, Verdict

log = logging.getLogger("waybill.mail")

_DELAYS = (1, 5, 15, *([60] * 48))
"""Minutes to wait at most after each failed try; then, after about two days, twice a day."""
_LAST_DELAY = 720
_SOONEST = 0.1
"""Minutes: never again in the pass that was just refused."""
_PAUSE = (15, 60)
"""Minutes to wait when only a person can help: a login tried again and again locks the account."""
_LOST_AFTER = 1_800.0
"""Seconds a claim may stand still before it is taken away: longer than any conversation can last."""

_seen: dict[tuple[int, int], float] = {}
"""(letter, claim) → when this process first saw it held, on its own monotonic clock."""


def send_waiting(limit: int = 50, *, timeouts: Timeouts | None = None) -> int:
    """Send up to `limit` letters that are due; returns how many the server took.

    Safe to call from many threads and processes at once. What the server refuses, or its absence, is
    logged and kept with the letters, never raised.
    """
    with connection():
        _take_back_lost()
        if not outbox.is_due():
            return 0
        if not current().mail.host:
            _say_no_host()
            return 0
        return _send_batch(limit, timeouts or Timeouts())


def send_test(
    actor: Actor, recipient: str, *, mail: Mail | None = None, timeouts: Timeouts | None = None
) -> str:
    """Send a test letter at once and return the server's words; raises what keeps mail from leaving.

    `mail` are the settings to try; without them, those of this process.
    """
    require(actor, Action.MANAGE_SECRETS)
    if not outbox.is_address(recipient):
        raise InvalidInput(
            f"{recipient!r} is not an e-mail address", remedy="give one such as anna@example.com"
        )
    mail = _checked(mail or current().mail)
    letter = Letter(
        id=0,
        claim=0,
        tries=1,
        job_id=None,
        recipient=recipient,
        subject="[Waybill] test mail",
        body="This is a test. Letters about failed exports will reach you like this one.\n",
        message_id=make_msgid("waybill", domain=_domain(mail)),
        created_at=clock.now(),
    )
    with MailServer(mail, _password(mail), timeouts or Timeouts()) as server:
        answer = _hand_over(server, mail, letter)
    with transaction():
        after = {"verdict": answer.verdict, "words": answer.words}
        audit.record(actor, "test", "mail", name=recipient, after=after)
    if answer.verdict != Verdict.TAKEN:
        raise DeliveryError(
            f"the mail server {mail.host}:{mail.port} did not take the mail to {recipient}: {answer.words}",
            remedy="see what it says about the address; what Waybill sends from is mail.sender",
            code="mail_refused",
        )
    return answer.words


def _send_batch(limit: int, timeouts: Timeouts) -> int:
    taken = 0
    owner = owner_name(os.getpid())
    try:
        mail = _checked(current().mail)
        with MailServer(mail, _password(mail), timeouts) as server:
            for _ in range(limit):
                letter = outbox.claim_next(owner)
                if letter is None:
                    break
                taken += _send_one(server, mail, letter)
    except (DeliveryError, ConfigurationError) as error:
        _all_wait(error)
    return taken


def _send_one(server: MailServer, mail: Mail, letter: Letter) -> bool:
    """Send one claimed letter and write down what became of it: True when the server took it."""
    try:
        answer = _hand_over(server, mail, letter)
    except (DeliveryError, ConfigurationError) as error:
        outbox.put_back(letter, _next_try(letter.tries, error), error.message)
        raise
    if answer.verdict == Verdict.TAKEN:
        outbox.mark_sent(letter)
        log.info("mail.sent mail=%d job=%s recipient=%s: sent", letter.id, letter.job_id, letter.recipient)
        return True
    about = (letter.id, letter.job_id, letter.recipient, answer.words)
    if answer.verdict == Verdict.REFUSED:
        outbox.give_up(letter, answer.words)
        log.error("mail.given_up mail=%d job=%s recipient=%s: the mail server refuses it: %s", *about)
    else:
        outbox.put_back(letter, _next_try(letter.tries), answer.words)
        log.warning("mail.later mail=%d job=%s recipient=%s: the mail server says later: %s", *about)
    return False


def _hand_over(server: MailServer, mail: Mail, letter: Letter) -> Answer:
    content = _content(letter, _sender(mail))
    answer = server.send(parseaddr(_sender(mail))[1], letter.recipient, content)
    fault_point("mail.handed_over")
    return answer


def _content(letter: Letter, sender: str) -> bytes:
    """The letter as it travels: 7 bits, the same bytes whenever it is sent again."""
    message = EmailMessage(policy=policy.SMTP.clone(cte_type="7bit", utf8=not letter.recipient.isascii()))
    message["From"] = sender
    message["To"] = letter.recipient
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: nobody's holiday notice answers it
    message.set_content(letter.body)
    return message.as_bytes()


def _all_wait(error: WaybillError) -> None:
    """Nothing can leave now: what would be tried next waits too, each for its time."""
    letters = outbox.queued(due_only=error.retryable)
    common = _next_try(1, error)
    outbox.postpone(
        [(each, _next_try(each.tries + 1) if error.retryable else common) for each in letters],
        error.message,
    )
    told = (len(letters), error, error.remedy)
    level = logging.WARNING if error.retryable else logging.ERROR
    log.log(level, "mail.cannot_leave code=%s waiting=%d: %s. To do: %s", error.code, *told)


def _next_try(tries: int, error: WaybillError | None = None) -> datetime:
    """When to try again after so many tries: full jitter, so that many letters do not come at once."""
    chance = secrets.SystemRandom()
    if error is not None and not error.retryable:
        return clock.now() + timedelta(minutes=chance.uniform(*_PAUSE))
    most = _DELAYS[tries - 1] if tries <= len(_DELAYS) else _LAST_DELAY
    return clock.now() + timedelta(minutes=chance.uniform(_SOONEST, most))


def _take_back_lost() -> None:
    """Let letters wait again whose sender died: a process that is gone, or a claim that stands still."""
    global _seen
    now = time.monotonic()
    held = outbox.held()
    _seen = {(each.id, each.claim): _seen.get((each.id, each.claim), now) for each in held}
    for each in held:
        if is_gone(each.owner) or now - _seen.get((each.id, each.claim), now) > _LOST_AFTER:
            _free(each)


def _free(lost: Held) -> None:
    if outbox.put_back(lost, clock.now(), "its sender stopped while sending it"):
        log.warning("mail.sender_lost mail=%d: its sender %s is gone, it is sent again", lost.id, lost.owner)


def _password(mail: Mail) -> str | None:
    """The account's password; raises `ConfigurationError` when there is an account but no password."""
    if not mail.user:
        return None
    password = reveal("mail.password")
    if password is None:
        raise ConfigurationError(
            f"mail.user is {mail.user}, but there is no password for it",
            remedy="set it: waybill secret set mail.password",
            code="mail_no_password",
        )
    return password


def _checked(mail: Mail) -> Mail:
    if not mail.host:
        raise ConfigurationError(
            "mail.host is empty, so no mail leaves",
            remedy="set mail.host in waybill.toml",
            code="mail_no_host",
        )
    sender = _sender(mail)
    if not sender.isprintable() or not sender.isascii() or "@" not in parseaddr(sender)[1]:
        raise ConfigurationError(
            f"mail.sender is {sender!r}, which is no address",
            remedy="give one such as waybill@example.com",
            code="mail_sender_wrong",
        )
    return mail


def _sender(mail: Mail) -> str:
    return mail.sender or f"waybill@{_host_name()}"


def _domain(mail: Mail) -> str:
    return parseaddr(_sender(mail))[1].rpartition("@")[2]


@cache
def _host_name() -> str:
    return socket.getfqdn()


@cache
def _say_no_host() -> None:
    """Once per process."""
    log.warning("mail.no_host: mails wait in the outbox, for mail.host is empty. To do: set it")
