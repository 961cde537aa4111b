"""Letters leave over a real SMTP server: each once, to nobody who should not read it."""

from __future__ import annotations

import base64
import logging
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import clock, secrets
from models.audit import Actor
from models.database import connection, database, is_postgresql
from models.errors import ConfigurationError, DeliveryError, InvalidInput, PermissionDenied
from models.notifications import MailState, OutboxMail, outbox
from models.notifications.outbox import Letter
from models.people import WAYBILL, Role
from tests.models.ended_jobs import CANNOT_WRITE, Site
from tests.peers.smtp import PASSWORD, USER, Certificate, Mode, PostOffice, make_certificate
from tests.worker.notify.letters import QUICK, put, states, the_mail, use, waits
from worker import notify

# All well


def test_failed_job_reaches_its_people(site: Site, office: PostOffice) -> None:
    use(office, sender="Waybill <waybill@example.com>")
    site.add_user("anna@example.com", Role.ACCOUNTING_REVIEW)
    site.run(error=CANNOT_WRITE, collect=False)
    assert notify.send_waiting() == 2
    assert office.counted == {"anna@example.com": 1, "root@example.com": 1}
    assert office.connections == 1
    stored = OutboxMail.get(OutboxMail.recipient == "anna@example.com")
    message = next(each.message for each in office.received if each.recipients == ["anna@example.com"])
    assert message["Subject"] == stored.subject
    assert message["From"] == "Waybill <waybill@example.com>"
    assert message["To"] == "anna@example.com"
    assert message["Message-ID"] == stored.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == stored.created_at.replace(microsecond=0)
    assert message.get_content().replace("\r\n", "\n") == stored.body
    assert stored.state == MailState.SENT
    assert stored.sent_at is not None
    assert notify.send_waiting() == 0


def test_letter_with_umlauts_travels_in_seven_bits(site: Site, office: PostOffice) -> None:
    use(office)
    put(site, "anna@example.com", body="Grüße an Øresund\n")
    assert notify.send_waiting() == 1
    assert office.received[0].raw.isascii()
    assert office.received[0].message.get_content().splitlines() == ["Grüße an Øresund"]


def test_more_letters_than_the_limit_are_left_for_the_next_call(site: Site, office: PostOffice) -> None:
    use(office)
    put(site, *(f"a{number}@example.com" for number in range(5)))
    assert [notify.send_waiting(2) for _ in range(4)] == [2, 2, 1, 0]


def test_four_senders_send_each_letter_once(site: Site, office: PostOffice) -> None:
    use(office)
    put(site, *(f"a{number}@example.com" for number in range(60)))
    taken: list[int] = []
    together = threading.Barrier(4)

    def sender() -> None:
        together.wait()
        taken.append(notify.send_waiting(100))

    threads = [threading.Thread(target=sender) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 60
    assert len(office.counted) == 60
    assert set(office.counted.values()) == {1}
    assert set(states().values()) == {"sent"}


def test_no_transaction_is_open_while_the_server_is_talked_to(site: Site, office: PostOffice) -> None:
    use(office)
    put(site, "anna@example.com")
    office.mode = Mode.STALLS
    seen: list[int] = []

    def other_writer() -> None:
        with connection():
            database.execute_sql("SET lock_timeout = 50" if is_postgresql() else "PRAGMA busy_timeout = 50")
            seen.append(OutboxMail.update(last_error="x").where(OutboxMail.id == 0).execute())

    sender = threading.Thread(target=notify.send_waiting, kwargs={"timeouts": QUICK})
    sender.start()
    while office.connections == 0:
        sender.join(0.01)
    other_writer()
    sender.join()
    assert seen == [0]


# TLS and login


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_login_over_tls_is_accepted(home: Path, site: Site, trusted: Certificate, tls: str) -> None:  # noqa: ARG001
    with PostOffice(tls=tls, certificate=trusted, login=True) as office:
        use(office, tls=tls, user=USER)
        secrets.set_secret(WAYBILL, "mail.password", PASSWORD)
        put(site, "anna@example.com")
        assert notify.send_waiting() == 1
        assert office.logins == [USER.encode()]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_certificate_nobody_trusts_is_refused_and_all_wait(
    site: Site, certificate: Certificate, tls: str, caplog: pytest.LogCaptureFixture
) -> None:
    with PostOffice(tls=tls, certificate=certificate) as office:
        use(office, tls=tls)
        put(site, "anna@example.com")
        assert notify.send_waiting() == 0
        assert not office.received
    assert the_mail().state == MailState.WAITING
    assert "code=mail_tls_failed" in caplog.text
    assert "CERTIFICATE_VERIFY_FAILED" in the_mail().last_error


def test_certificate_for_another_name_is_refused(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = make_certificate(tmp_path, name="mail.example.com")
    monkeypatch.setenv("SSL_CERT_FILE", str(wrong.chain))
    with PostOffice(tls="starttls", certificate=wrong) as office:
        use(office, tls="starttls")
        put(site, "anna@example.com")
        assert notify.send_waiting() == 0
    assert "Hostname mismatch" in the_mail().last_error


def test_server_without_starttls_is_never_spoken_to_in_the_open(site: Site, office: PostOffice) -> None:
    use(office, tls="starttls", user=USER)
    secrets.set_secret(WAYBILL, "mail.password", PASSWORD)
    put(site, "anna@example.com")
    assert notify.send_waiting() == 0
    assert not office.logins
    assert "STARTTLS" in the_mail().last_error


def test_refused_login_makes_all_wait_and_never_says_the_password(
    site: Site, trusted: Certificate, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = "wr0ng staple"
    echoed = base64.b64encode(b"\0%b\0%b" % (USER.encode(), wrong.encode())).decode()
    caplog.set_level(logging.DEBUG, "waybill")
    with PostOffice(
        tls="starttls", certificate=trusted, login=True, login_reply=f"535 5.7.8 no: {wrong} {echoed}"
    ) as office:
        use(office, tls="starttls", user=USER)
        secrets.set_secret(WAYBILL, "mail.password", wrong)
        put(site, "anna@example.com", "bert@example.com")
        assert notify.send_waiting() == 0
        assert notify.send_waiting() == 0
        assert len(office.logins) == 1
    assert set(states().values()) == {"waiting"}
    assert all(waits(mail) > timedelta(minutes=10) for mail in OutboxMail.select())
    said = [record.getMessage() for record in caplog.records if record.name == "waybill.mail"]
    assert any("mail_login_refused" in line and "535 5.7.8 no: *** ***" in line for line in said)
    assert "waybill secret set mail.password" in said[-1]
    everything = caplog.text + "".join(mail.last_error for mail in OutboxMail.select())
    assert wrong not in everything
    assert echoed not in everything


def test_login_that_is_wanted_but_not_set_makes_all_wait(site: Site, office: PostOffice) -> None:
    use(office)
    office.replies["*"] = "530 5.7.0 Authentication required"
    put(site, "anna@example.com")
    assert notify.send_waiting() == 0
    assert the_mail().state == MailState.WAITING
    assert "mail.user is empty" in the_mail().last_error


def test_user_without_password_makes_all_wait(
    site: Site, office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    use(office, user=USER)
    put(site, "anna@example.com")
    assert notify.send_waiting() == 0
    assert office.connections == 0
    assert "waybill secret set mail.password" in caplog.text


def test_server_that_offers_no_login_makes_all_wait(site: Site, trusted: Certificate) -> None:
    with PostOffice(tls="starttls", certificate=trusted, mechanisms=()) as office:
        use(office, tls="starttls", user=USER)
        secrets.set_secret(WAYBILL, "mail.password", PASSWORD)
        put(site, "anna@example.com")
        assert notify.send_waiting() == 0
    assert "offers no login known here" in the_mail().last_error


# When to try again


@given(tries=st.integers(1, 500))
def test_backoff_grows_with_full_jitter_and_never_gives_up(tries: int) -> None:
    before = clock.now()
    most = {1: 1, 2: 5, 3: 15}.get(tries, 60 if tries <= 51 else 720)
    assert before <= notify._next_try(tries) <= clock.now() + timedelta(minutes=most)


WORD = st.text(
    alphabet=st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Z"]), min_size=1, max_size=40
)


@given(local=WORD, domain=WORD)
def test_any_address_of_the_outbox_makes_a_letter(local: str, domain: str) -> None:
    recipient = f"{local}@{domain}"
    if not outbox.is_address(recipient):
        return
    letter = Letter(
        id=1,
        claim=1,
        tries=1,
        job_id=1,
        recipient=recipient,
        subject="subject",
        body="body\n",
        message_id="<a@b>",
        created_at=datetime(2026, 3, 2, tzinfo=UTC),
    )
    head, _, _ = notify._content(letter, "waybill@example.com").partition(b"\r\n\r\n")
    assert head.count(b"\r\nSubject: subject\r\n") == 1
    assert b"\nBcc" not in head


# The test letter


def test_test_letter_goes_at_once_and_says_the_servers_words(home: Path, office: PostOffice) -> None:  # noqa: ARG001
    use(office)
    assert notify.send_test(WAYBILL, "anna@example.com") == "250 taken"
    assert office.received[0].message["Subject"] == "[Waybill] test mail"
    assert not OutboxMail.select().exists()


def test_test_letter_that_cannot_leave_says_why(home: Path, office: PostOffice) -> None:  # noqa: ARG001
    with pytest.raises(ConfigurationError, match=r"mail\.host is empty"):
        notify.send_test(WAYBILL, "anna@example.com")
    use(office)
    office.replies["*"] = "550 no such user"
    with pytest.raises(DeliveryError, match="550 no such user"):
        notify.send_test(WAYBILL, "anna@example.com")
    with pytest.raises(InvalidInput):
        notify.send_test(WAYBILL, "anna@example.com\r\nBcc: x@example.com")
    office.stop()
    with pytest.raises(DeliveryError, match="cannot be reached"):
        notify.send_test(WAYBILL, "anna@example.com")


def test_test_letter_without_the_role_is_refused(site: Site) -> None:
    user = site.add_user("v@example.com", Role.SUPPORT)
    with pytest.raises(PermissionDenied):
        notify.send_test(Actor(user_id=user.id, name=user.email), "anna@example.com")
