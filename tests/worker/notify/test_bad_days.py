"""A server, a letter or a sender in trouble: no letter is lost, and at most one is doubled."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from models.jobs.lease import owner_name
from models.notifications import MailState, OutboxMail, outbox
from tests.models.ended_jobs import Site
from tests.peers.smtp import Certificate, Mode, PostOffice
from tests.worker.notify.letters import QUICK, due_again, put, states, the_mail, use, waits
from worker import notify


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
