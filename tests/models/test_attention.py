"""What needs a person: each concern when it is there, none when it is not, and never another entity's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from models import attention, breakers, clock, credentials, facilities, people, schedules, services, tokens
from models.attention import Concern, Kind, concerns
from models.database import execute
from models.deliveries import Delivery, DeliveryState
from models.fields import to_millis
from models.jobs import Job, claim, lease
from models.notifications import outbox
from models.notifications.outbox import MailKind
from models.people import WAYBILL, Actor, Role, User
from models.schedules import Instruction
from tests.models.ended_jobs import Site, make_site
from tests.models.schedules.world import CSV, daily

NOW = datetime(2026, 11, 21, 14, 2, tzinfo=UTC)


@pytest.fixture
def travel(home: Path) -> Iterator[time_machine.Traveller]:  # noqa: ARG001 - the installation it stands in
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def site(travel: time_machine.Traveller) -> Site:  # noqa: ARG001 - the clock stands still
    return make_site()


def stuck(site: Site) -> None:
    assert claim(site.new_job().id, lease.owner_name())


def untaken(site: Site) -> None:
    site.new_job()


def scheduled(site: Site) -> None:
    finance = site.add_user("finance@example.com", Role.FINANCE)
    facilities.activate(WAYBILL, site.facility)
    said = Instruction(name="nightly", on_behalf_of=finance.id, recurrence=daily(), outputs=CSV)
    schedules.create(WAYBILL, site.facility, said)


def breaker_open(site: Site) -> None:
    for _ in range(breakers.OPENS_AFTER):
        breakers.failed(site.facility.id, "pickup", "connection refused")


def unknown(site: Site) -> None:
    site.add_invoices(1)
    site.run()
    Delivery.update(state=DeliveryState.UNKNOWN).execute()


def on_hold(site: Site) -> None:
    site.add_invoices(2)
    execute("UPDATE export_ledger SET state = 'on_hold'")


def letter(site: Site) -> None:
    outbox.put(
        "one",
        kind=MailKind.EXPORT_FAILED,
        entity_id=site.entity.id,
        job_id=None,
        recipients=["anna@example.com"],
        subject="s",
        body="b",
    )


def unused(site: Site) -> None:
    credentials.generate(WAYBILL, site.entity, user_name="north")


def token(site: Site) -> None:
    user = site.add_user("anna@example.com", Role.SUPPORT)
    tokens.create(WAYBILL, user, "laptop", days=8)


def kinds(actor: Actor = WAYBILL) -> dict[Kind, Concern]:
    return {one.kind: one for one in concerns(actor)}


@pytest.mark.parametrize(
    ("make", "after", "kind", "count"),
    [
        (untaken, attention.LATE, Kind.WORKER_SILENT, 1),
        (scheduled, None, Kind.NO_WORKER, 1),
        (stuck, attention.STUCK, Kind.STUCK_JOB, 1),
        (breaker_open, None, Kind.BREAKER_OPEN, 1),
        (unknown, None, Kind.OUTCOME_UNKNOWN, 1),
        (on_hold, None, Kind.ON_HOLD, 2),
        (letter, attention.LATE, Kind.MAIL_NOT_SENT, 1),
        (token, timedelta(days=1), Kind.TOKEN_EXPIRES, 1),
        (unused, attention.UNUSED, Kind.CREDENTIAL_UNUSED, 1),
    ],
)
def test_concerns_name_what_is_wrong_once_it_is(
    site: Site,
    travel: time_machine.Traveller,
    make: Callable[[Site], None],
    after: timedelta | None,
    kind: Kind,
    count: int,
) -> None:
    assert concerns(WAYBILL) == []
    make(site)
    if after is not None:
        assert kind not in kinds(), "too early"
        travel.shift(after + timedelta(seconds=1))
    found = kinds()[kind]
    assert found.count == count
    assert found.command.startswith("waybill ")
    stranger = people.create(WAYBILL, "ben@example.com")
    other = make_site("Other")
    people.grant(WAYBILL, stranger, Role.SUPPORT, other.entity.id)
    assert kinds(Actor(user_id=stranger.id, name=stranger.email)) == {}


def test_concern_that_no_worker_runs_ends_with_one_and_comes_back_when_it_is_silent(
    site: Site, travel: time_machine.Traveller
) -> None:
    scheduled(site)
    assert kinds()[Kind.NO_WORKER].since is None
    services.begin(services.Kind.SFTP)
    assert Kind.NO_WORKER in kinds()
    services.begin(services.Kind.WORKER)
    assert kinds() == {}
    travel.shift(4 * services.EVERY)
    assert kinds()[Kind.NO_WORKER].since == NOW


def test_concerns_of_one_thing_open_it_and_of_more_their_list(
    site: Site, travel: time_machine.Traveller
) -> None:
    stuck(site)
    travel.shift(attention.STUCK + timedelta(seconds=1))
    (job,) = Job.select()
    one = kinds()[Kind.STUCK_JOB]
    assert (one.opens, one.first, one.since) == (f"job/{job.id}", (str(job.id),), NOW)
    stuck(make_site("Other"))
    travel.shift(attention.STUCK + timedelta(seconds=1))
    assert kinds()[Kind.STUCK_JOB].opens == "job"


def test_concerns_hold_a_job_whose_worker_is_gone_at_once(site: Site) -> None:
    assert claim(site.new_job().id, lease.owner_name().rpartition("/")[0] + "/1")
    assert kinds()[Kind.STUCK_JOB].count == 1


def test_concerns_hold_a_schedule_that_was_due_and_made_no_job(
    site: Site, travel: time_machine.Traveller
) -> None:

    finance = User.get_by_id(site.add_user("finn@example.com", Role.FINANCE).id)

    facilities.activate(WAYBILL, site.facility)
    said = Instruction(name="nightly", on_behalf_of=finance.id, recurrence=daily(), outputs=CSV)
    schedules.create(WAYBILL, site.facility, said)
    assert Kind.LATE_SCHEDULE not in kinds()
    travel.shift(timedelta(days=1))
    late = kinds()[Kind.LATE_SCHEDULE]
    assert (late.first, late.opens) == (("nightly",), "schedule/nightly")
    schedules.fire(clock.now())
    assert Kind.LATE_SCHEDULE not in kinds()


@pytest.mark.sqlite
def test_concerns_walk_small_indexes(site: Site) -> None:  # noqa: ARG001 - its tables
    now = to_millis(NOW)
    for text, values, index in (
        (attention._STUCK, [], "export_job_waiting"),
        (attention._LATE_SCHEDULES, [now], "schedule_due"),
        (attention._UNKNOWN, [], "delivery_unknown"),
        (attention._ON_HOLD, [], "export_ledger_on_hold"),
        (attention._LETTERS, [now], "outbox_mail_given_up"),
        (attention._LETTERS, [now], "outbox_mail_waiting"),
    ):
        plan = [row[3] for row in execute(f"EXPLAIN QUERY PLAN {text.format(scope='')}", values)]
        assert any(index in step for step in plan), plan
