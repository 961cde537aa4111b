"""Letters leave over a real SMTP server: each once, whatever it does, and never at an export's cost."""

from __future__ import annotations

import base64
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import clock, secrets
from models.audit import Actor
from models.database import connection, database, is_postgresql
from models.errors import ConfigurationError, DeliveryError, InvalidInput, PermissionDenied
from models.jobs.lease import owner_name
from models.notifications import MailState, OutboxMail, outbox
from models.notifications.outbox import Letter, MailKind
from models.people import WAYBILL, Role
from models.settings import Mail
from tests.models.ended_jobs import CANNOT_WRITE, Site, make_site, use_mail
from tests.peers.smtp import PASSWORD, USER, Certificate, Mode, PostOffice, make_certificate
from worker import notify
from worker.smtp import Timeouts

QUICK = Timeouts(connect=5, command=0.5, data=5)


@pytest.fixture
def site(home: Path) -> Site:  # noqa: ARG001 - it must be there
    return make_site()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.chain))
    return certificate


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with PostOffice() as office:
        yield office


def use(
    office: PostOffice, *, tls: str = "none", user: str = "", sender: str = "waybill@example.com"
) -> None:
    use_mail(Mail(host="localhost", port=office.port, tls=tls, user=user, sender=sender))


def put(site: Site, *recipients: str, event: str = "job/1/1", body: str = "text\n") -> None:
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
    return {mail.recipient: str(mail.state) for mail in OutboxMail.select()}


def the_mail() -> OutboxMail:
    mail: OutboxMail = OutboxMail.select().get()
    return mail


def due_again() -> None:
    OutboxMail.update(not_before=clock.now()).execute()


def waits(mail: OutboxMail) -> timedelta:
    left: timedelta = mail.not_before - clock.now()
    return left


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


# Bad days


def test_refused_recipient_is_given_up_and_the_others_go(
    site: Site, office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    use(office)
    office.replies["gone@example.com"] = "550 5.1.1 no such user"
    put(site, "gone@example.com", "anna@example.com", "bert@example.com")
    assert notify.send_waiting() == 2
    assert states() == {
        "gone@example.com": "given_up",
        "anna@example.com": "sent",
        "bert@example.com": "sent",
    }
    assert OutboxMail.get(OutboxMail.recipient == "gone@example.com").last_error == "550 5.1.1 no such user"
    assert "mail.given_up" in caplog.text
    assert office.connections == 1


def test_recipient_put_off_waits_and_is_tried_again(site: Site, office: PostOffice) -> None:
    use(office)
    office.replies["slow@example.com"] = "451 4.7.1 greylisted"
    put(site, "slow@example.com", "anna@example.com")
    assert notify.send_waiting() == 1
    slow = OutboxMail.get(OutboxMail.recipient == "slow@example.com")
    assert slow.state == MailState.WAITING
    assert slow.last_error == "451 4.7.1 greylisted"
    assert timedelta() < waits(slow) + timedelta(seconds=1) < timedelta(minutes=1, seconds=2)
    office.replies.clear()
    due_again()
    assert notify.send_waiting() == 1


def test_server_that_closes_the_session_is_called_again(site: Site, office: PostOffice) -> None:
    use(office)
    office.replies["busy@example.com"] = "421 4.3.2 closing"
    put(site, "busy@example.com", "anna@example.com")
    assert notify.send_waiting() == 1
    assert office.connections == 2
    assert states()["busy@example.com"] == "waiting"


def test_server_down_makes_all_wait_and_they_go_later(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with PostOffice() as office:
        use(office)
        office.stop()
        put(site, "anna@example.com", "bert@example.com")
        assert notify.send_waiting() == 0
        assert [mail.tries for mail in OutboxMail.select()] == [1, 1]
        assert "code=mail_server_unreachable" in caplog.text
    with PostOffice() as office:
        use(office)
        due_again()
        assert notify.send_waiting() == 2
        assert set(office.counted.values()) == {1}


def test_server_that_stalls_is_left_after_the_timeout(site: Site, office: PostOffice) -> None:
    use(office)
    office.mode = Mode.STALLS
    put(site, "anna@example.com", "bert@example.com")
    assert notify.send_waiting(timeouts=QUICK) == 0
    assert office.connections == 1
    assert set(states().values()) == {"waiting"}
    office.mode = Mode.WELL
    due_again()
    assert notify.send_waiting() == 2


def test_server_that_hangs_up_after_each_letter_takes_each_once(site: Site, office: PostOffice) -> None:
    use(office)
    office.mode = Mode.CLOSES_AFTER
    put(site, *(f"a{number}@example.com" for number in range(4)))
    assert notify.send_waiting() == 4
    assert set(office.counted.values()) == {1}
    assert len(office.counted) == 4


def test_letter_taken_without_a_word_is_sent_again_under_the_same_id(site: Site, office: PostOffice) -> None:
    use(office)
    office.mode = Mode.CLOSES_BEFORE
    put(site, "anna@example.com", "bert@example.com")
    assert notify.send_waiting() == 0
    assert len(office.received) == 1
    office.mode = Mode.WELL
    due_again()
    assert notify.send_waiting() == 2
    assert sorted(office.counted.values()) == [1, 2]
    assert len({letter.message["Message-ID"] for letter in office.received}) == 2
    first = office.received[0]
    again = [each for each in office.received if each.recipients == first.recipients]
    assert again[0].raw == again[1].raw


def test_address_the_server_cannot_carry_is_given_up(site: Site) -> None:
    with PostOffice() as office:
        office.SMTP_kwargs["enable_SMTPUTF8"] = False
        use(office)
        put(site, "jørgen@example.com", "anna@example.com")
        assert notify.send_waiting() == 1
    assert states() == {"jørgen@example.com": "given_up", "anna@example.com": "sent"}


def test_address_in_another_script_goes_where_it_is_understood(site: Site, office: PostOffice) -> None:
    use(office)
    put(site, "jørgen@example.com")
    assert notify.send_waiting() == 1
    assert office.counted == {"jørgen@example.com": 1}


def test_no_host_makes_all_wait_and_says_so_once(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    notify._say_no_host.cache_clear()
    put(site, "anna@example.com")
    assert [notify.send_waiting() for _ in range(3)] == [0, 0, 0]
    assert the_mail().tries == 0
    assert caplog.text.count("mail.no_host") == 1


def test_sender_that_is_no_address_makes_all_wait(site: Site, office: PostOffice) -> None:
    use(office, sender="Waybill\r\nBcc: x@example.com")
    put(site, "anna@example.com")
    assert notify.send_waiting() == 0
    assert "mail.sender" in the_mail().last_error


def test_sender_the_server_refuses_makes_all_wait(site: Site, trusted: Certificate) -> None:
    with PostOffice(tls="starttls", certificate=trusted, login=True) as office:
        use(office, tls="starttls")  # without a login: 530 to MAIL
        put(site, "anna@example.com")
        assert notify.send_waiting() == 0
    assert the_mail().state == MailState.WAITING
    assert "refuses the login" in the_mail().last_error


# Senders that die


def test_letter_of_a_dead_sender_is_sent_by_the_next(site: Site, office: PostOffice) -> None:
    use(office)
    put(site, "anna@example.com")
    with subprocess.Popen(["sleep", "60"]) as process:
        owner = owner_name(process.pid)
        assert outbox.claim_next(owner) is not None
        assert notify.send_waiting() == 0
        process.kill()
    assert notify.send_waiting() == 1
    assert office.counted == {"anna@example.com": 1}


_SEND = """
from models import installation
from worker import notify
installation.open_home()
notify.send_waiting()
"""


@pytest.mark.parametrize(("mode", "times"), [(Mode.STALLS, 1), (Mode.SILENT_AFTER, 2)])
def test_sender_killed_in_the_middle_doubles_at_most_that_letter(
    home: Path, site: Site, office: PostOffice, mode: Mode, times: int
) -> None:
    use(office)
    put(site, *(f"a{number}@example.com" for number in range(5)))
    office.mode = mode
    environment = os.environ | {
        "WAYBILL_HOME": str(home),
        "WAYBILL_MAIL_HOST": "localhost",
        "WAYBILL_MAIL_PORT": str(office.port),
        "WAYBILL_MAIL_TLS": "none",
        "WAYBILL_MAIL_SENDER": "waybill@example.com",
    }
    with subprocess.Popen([sys.executable, "-c", _SEND], env=environment) as process:
        assert office.reached.wait(30)
        process.kill()
    office.mode = Mode.WELL
    assert notify.send_waiting() == 5
    assert sorted(office.counted.values()) == [1, 1, 1, 1, times]
    assert len({letter.message["Message-ID"] for letter in office.received}) == 5


def test_claim_that_stands_still_is_taken_away(
    site: Site, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(office)
    put(site, "anna@example.com")
    assert outbox.claim_next("another-host/1/2/3") is not None
    assert notify.send_waiting() == 0
    monkeypatch.setattr(notify, "_LOST_AFTER", -1.0)
    assert notify.send_waiting() == 1


def test_living_sender_keeps_its_claim(site: Site, office: PostOffice) -> None:
    use(office)
    put(site, "anna@example.com")
    assert outbox.claim_next(owner_name(os.getpid())) is not None
    assert notify.send_waiting() == 0
    assert the_mail().state == MailState.SENDING


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
