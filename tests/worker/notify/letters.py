"""Letters in the outbox, and how they stand."""

from __future__ import annotations

from datetime import timedelta

from models import clock
from models.notifications import OutboxMail, outbox
from models.notifications.outbox import MailKind
from models.settings import Mail
from tests.models.ended_jobs import Site, use_mail
from tests.peers.smtp import PostOffice
from worker.smtp import Timeouts

QUICK = Timeouts(connect=5, command=0.5, data=5)


def use(
    office: PostOffice, *, tls: str = "none", user: str = "", sender: str = "waybill@example.com"
) -> None:
    """Send by that server."""
    use_mail(Mail(host="localhost", port=office.port, tls=tls, user=user, sender=sender))


def put(site: Site, *recipients: str, event: str = "job/1/1", body: str = "text\n") -> None:
    """Letters of one event, as an export that failed leaves them."""
    outbox.put(
        event,
        kind=MailKind.EXPORT_FAILED,
        entity_id=site.entity.id,
        job_id=1,
        recipients=recipients,
        subject="subject",
        body=body,
    )


def states() -> dict[str, str]:
    """What has become of each letter, by its recipient."""
    return {mail.recipient: str(mail.state) for mail in OutboxMail.select()}


def the_mail() -> OutboxMail:
    """The only letter."""
    mail: OutboxMail = OutboxMail.select().get()
    return mail


def due_again() -> None:
    """The time to try again has come for all."""
    OutboxMail.update(not_before=clock.now()).execute()


def waits(mail: OutboxMail) -> timedelta:
    """How long it waits yet."""
    left: timedelta = mail.not_before - clock.now()
    return left
