"""Credentials, tokens and parties as pictures; a password is in none of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models import credentials, parties, tokens
from models.database import execute
from models.parties import PaymentMethod
from models.people import WAYBILL, User
from tests.tui.screen_kit import Desk, at_desk
from tests.tui.test_screens_pictures import NORMAL, SIZES, THEMES, Compare, after
from worker import tasks
from worker.servers.service import Listening

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGArC1+fkmyplA4s1Dt832+YktQs8o9Zx80vIsfSeRWZ ben@erp"
SERVER = Listening(
    host="files.example.com",
    port=2222,
    fingerprints=(
        "SHA256:ksghg4wbCel3VN2zolvDD0B502EIJDv5xxI8gtEFI+I",
        "SHA256:9iPxr8+/LVG9dndzbU8zQncYztJ0roQWkjhW3LlwhQs",
    ),
)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(tasks, "pickup_server", lambda _: SERVER)  # each home makes host keys of its own
    for multiplexer in ("TMUX", "STY"):
        monkeypatch.delenv(multiplexer, raising=False)
    with at_desk(tmp_path / "home") as made:
        add_credentials(made)
        add_parties(made)
        yield made


def add_credentials(desk: Desk) -> None:
    entity = desk.site.entity
    used, password = credentials.generate(WAYBILL, entity)
    login = credentials.check_password("acme-nordic", password or "")
    assert login is not None
    credentials.record_logins([login])
    credentials.add_key(WAYBILL, used, KEY)
    credentials.generate(WAYBILL, entity, user_name="warehouse", with_password=False, key_lines=[KEY])
    old, _ = credentials.generate(WAYBILL, entity, user_name="old-bank")
    credentials.revoke(WAYBILL, old, reason="contract ended")
    tokens.create(WAYBILL, User.get_by_id(1), "Anna's laptop", days=30)


def add_parties(desk: Desk) -> None:
    desk.site.add_invoices(2)
    execute("UPDATE invoice SET number = 'INV-' || (4700 + id)")  # they are random where they come from
    for each in ("11112222", "9988776655"):
        parties.add_bank_account(WAYBILL, desk.site.party, routing="021000021", number=each)
    changes = {"payment_method": PaymentMethod.ACH, "number": "V-1", "email": "ar@blue.example"}
    parties.edit(WAYBILL, desk.site.party, reason="letter of 3 November", **changes)
    parties.create(WAYBILL, desk.site.entity, "Red", payment_method=PaymentMethod.ACH)
    parties.create(WAYBILL, desk.site.entity, "Skandinaviska Pappersbruket Aktiebolag", number="4711")


@SIZES
@THEMES
@pytest.mark.parametrize(
    ("link", "keys"),
    [
        ("credential", ("down",)),
        ("credential/acme-nordic", ()),
        ("credential", ("R",)),
        ("token", ()),
        ("party", ("down",)),
        ("party/1", ("right",)),
        ("party/1", ("p",)),
    ],
    ids=["credentials", "credential", "regenerate", "tokens", "parties", "party", "pay-by"],
)
def test_picture(
    desk: Desk, snap_compare: Compare, size: tuple[int, int], theme: str, link: str, keys: tuple[str, ...]
) -> None:
    run_before = after(*keys, link=link, theme=theme)
    assert snap_compare(desk.app(), terminal_size=size, run_before=run_before)


@pytest.mark.parametrize(
    ("link", "keys"),
    [
        ("credential", ("n",)),
        ("credential", ("n", "ctrl+s", "shift+tab", "shift+tab", "shift+tab", "enter")),
        ("party/2", ("b", *"021000022")),
        ("party/1", ("left",)),
    ],
    ids=["new", "hidden", "account", "history"],
)
def test_small_picture(desk: Desk, snap_compare: Compare, link: str, keys: tuple[str, ...]) -> None:
    assert snap_compare(desk.app(), terminal_size=NORMAL, run_before=after(*keys, link=link))
