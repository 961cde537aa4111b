"""Credentials and tokens by keys alone: made, shown once, proved or taken back, regenerated, revoked."""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from textual.pilot import Pilot
from textual.widgets import Input

from models import credentials, tokens
from models.audit import Actor, AuditEntry
from models.credentials import Credential
from models.people import WAYBILL, Role
from models.tokens import Token
from tests.tui.screen_kit import Desk, at_desk, notices, press, screen_text, settled, until
from tui.app import WaybillApp
from tui.kit.secret import SecretScreen
from tui.screens.credential import CredentialScreen
from tui.screens.credentials import CredentialsScreen


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        yield made


async def opened(pilot: Pilot[None], link: str) -> WaybillApp:
    assert isinstance(pilot.app, WaybillApp)
    pilot.app.open(link)
    await settled(pilot)
    return pilot.app


def new_key(comment: str = "erp") -> str:
    public = Ed25519PrivateKey.generate().public_key()
    return f"{public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()} {comment}"


def secret_of(app: WaybillApp) -> str:
    """The secret that is shown, as somebody would copy it from the screen."""
    assert isinstance(app.screen, SecretScreen)
    return next(
        word for line in screen_text(app).splitlines() if "gone in" in line for word in line.split()[1:2]
    )


async def prove(pilot: Pilot[None], end: str) -> None:
    pilot.app.screen.query_one("#proof", Input).focus()
    await press(pilot, *end, "enter")


async def generate(pilot: Pilot[None]) -> tuple[WaybillApp, str]:
    """A credential of the form's own proposal; the password that is shown."""
    app = await opened(pilot, "credential")
    await press(pilot, "n", "ctrl+s")
    return app, secret_of(app)


def audit_text() -> str:
    return "\n".join(str(row.__data__) for row in AuditEntry.select())


# Made, and shown once


def test_generated_password_is_shown_with_command_and_host_keys_and_opens_once_proved(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app, secret = await generate(pilot)
        text = screen_text(app)
        assert "sftp -P 2222 acme-nordic@" in text
        assert "host key  ED25519 SHA256:" in text
        await prove(pilot, "wxyz" if not secret.endswith("wxyz") else "abcd")
        assert "not its last 4" in screen_text(app)
        await prove(pilot, secret[-4:])
        assert isinstance(app.screen, CredentialsScreen)
        assert secret not in screen_text(app)
        assert "proved to be saved" in notices(app)
        assert credentials.check_password("acme-nordic", secret) is not None
        assert [row.action for row in AuditEntry.select().where(AuditEntry.subject == "credential")] == [
            "generate",
            "save password",
        ]

    desk.drive(scenario)


def test_fetch_line_names_the_port_that_is_set_or_listened_on_now(desk: Desk) -> None:
    file, address = desk.home / "waybill.toml", desk.home / "sftp.address"

    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, "credential")
        file.write_text("[sftp]\nport = 2345\n")
        await press(pilot, "n", "ctrl+s")
        assert "sftp -P 2345 acme-nordic@" in screen_text(app)
        await prove(pilot, secret_of(app)[-4:])
        file.write_text("[sftp]\nport = 0\n")
        await press(pilot, "enter")
        assert "sftp -P PORT acme-nordic@" in screen_text(app)
        assert "PORT is known once the server runs" in screen_text(app)
        address.write_text("127.0.0.1 34567\n")
        await press(pilot, "ctrl+r")
        assert "sftp -P 34567 acme-nordic@" in screen_text(app)

    desk.drive(scenario)


def test_generated_password_given_up_opens_nothing(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app, secret = await generate(pilot)
        await press(pilot, "escape")
        assert isinstance(app.screen, CredentialsScreen)
        assert "discarded" in notices(app)
        assert credentials.check_password("acme-nordic", secret) is None
        assert Credential.get().revoked_at is not None
        assert "No credential yet" in screen_text(app)

    desk.drive(scenario)


def test_discard_that_fails_is_said_and_does_not_hold_one_fast(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object, **__: object) -> None:
        raise OSError("disk full")

    async def scenario(pilot: Pilot[None]) -> None:
        app, _ = await generate(pilot)
        monkeypatch.setattr(credentials, "revoke", locked)
        await press(pilot, "escape")
        assert "could not be done" in screen_text(app)
        await press(pilot, "escape")
        assert isinstance(app.screen, CredentialsScreen)

    desk.drive(scenario)


def test_password_is_nowhere_once_it_is_hidden(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def scenario(pilot: Pilot[None]) -> None:
        app, secret = await generate(pilot)
        assert secret in app.export_screenshot(), "the test looks at what is drawn"
        screen = app.screen
        assert isinstance(screen, SecretScreen)
        for _ in range(12):
            screen._tick()
        await settled(pilot)
        held = [str(vars(node)) for node in [screen, *screen.walk_children()]]
        seen = [screen_text(app), app.export_screenshot(), notices(app), app.clipboard, *held]
        assert not [text for text in seen if secret in text or secret[:10] in text]
        await prove(pilot, secret[-4:])
        for text in (screen_text(app), app.export_screenshot(), caplog.text, audit_text(), str(app.drafts)):
            assert secret not in text
        files = [path for path in desk.home.rglob("*") if path.is_file()]
        assert not [path for path in files if secret.encode() in path.read_bytes()]

    desk.drive(scenario)


def test_screen_of_a_password_has_no_palette_no_digits_and_is_not_read_anew(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app, secret = await generate(pilot)
        await press(pilot, "ctrl+p", "ctrl+r", "f5", "ctrl+q", "tab", "2", "q", "question_mark")
        assert isinstance(app.screen, SecretScreen)
        assert app.live is None, "what changes elsewhere draws nothing here"
        assert secret in screen_text(app)

    desk.drive(scenario)


def test_password_is_written_for_its_owner_alone_and_copied_past_the_program(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app, secret = await generate(pilot)
        for selector in ("#copy", "#file", "#file"):
            button = app.screen.query_one(selector)
            await until(pilot, lambda button=button: not button.has_class("-active"))  # type: ignore[misc]
            button.focus()
            await press(pilot, "enter")
        assert app.clipboard == ""
        assert "is there already" in " ".join(screen_text(app).split())
        file = desk.home / "acme-nordic.password"
        assert file.read_text() == f"{secret}\n"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    desk.drive(scenario)


def test_password_over_the_web_goes_to_the_browser_and_names_no_folder(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered: list[tuple[str, str]] = []

    def deliver(file: object, *, save_filename: str) -> None:
        delivered.append((file.getvalue(), save_filename))  # type: ignore[attr-defined]

    async def scenario(pilot: Pilot[None]) -> None:
        monkeypatch.setattr(WaybillApp, "is_web", True)
        monkeypatch.setattr(pilot.app, "deliver_text", deliver)
        app, secret = await generate(pilot)
        app.screen.query_one("#file").focus()
        await press(pilot, "enter")
        assert delivered == [(f"{secret}\n", "acme-nordic.password")]
        assert str(desk.home) not in screen_text(app)

    desk.drive(scenario)
    assert not list(desk.home.glob("*.password"))


# What it opens by


def test_credential_by_key_alone_is_made_without_a_password(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, "credential")
        await press(pilot, "n", "down", *"erp1", "down", "space", "ctrl+s")
        assert "or it opens nothing" in screen_text(app)
        app.screen.query_one("#f-key", Input).value = new_key("erp")
        await settled(pilot)
        assert "Key SHA256:" in screen_text(app)
        await press(pilot, "ctrl+s")
        assert isinstance(app.screen, CredentialsScreen)
        assert "1 key" in screen_text(app)
        assert Credential.get().password_hash is None

    desk.drive(scenario)


def test_key_is_checked_as_it_is_pasted_added_and_removed_with_a_reason(desk: Desk) -> None:
    made, _ = credentials.generate(WAYBILL, desk.site.entity)

    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, "credential/acme-nordic")
        assert "It has no public key" in screen_text(app)
        await press(pilot, "D")
        assert "put the cursor on one of its keys" in notices(app)
        await press(pilot, "a", *"ssh-dss")
        assert "not a kind of key" in screen_text(app)
        app.screen.query_one("#f-key", Input).value = new_key()
        await press(pilot, "ctrl+s")
        (key,) = credentials.keys(made)
        assert key.fingerprint[:20] in screen_text(app)
        await press(pilot, "D", *"left", "enter", "enter")
        assert credentials.keys(made) == []
        assert AuditEntry.select().order_by(AuditEntry.id.desc()).get().reason == "left"

    desk.drive(scenario)


# Regenerated and revoked


def test_regenerate_says_what_breaks_and_given_up_the_old_one_is_gone_too(desk: Desk) -> None:
    made, old = credentials.generate(WAYBILL, desk.site.entity)
    login = credentials.check_password("acme-nordic", old or "")
    assert login is not None
    credentials.record_logins([login])

    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, "credential")
        await press(pilot, "R")
        assert "(last on 2026-11-20 02:00 UTC) fails until it has the new one" in " ".join(
            screen_text(app).replace("│", " ").split()
        )
        await press(pilot, *"lost", "enter", "enter")
        secret = secret_of(app)
        assert secret != old
        assert credentials.check_password("acme-nordic", old or "") is None
        assert credentials.check_password("acme-nordic", secret) is not None
        assert secret not in notices(app)
        await press(pilot, "escape")
        assert credentials.check_password("acme-nordic", secret) is None
        assert Credential.get_by_id(made.id).revoked_at is not None, "it has no key either"

    desk.drive(scenario)


def test_revoke_wants_a_reason_and_moves_it_to_the_revoked(desk: Desk) -> None:
    credentials.generate(WAYBILL, desk.site.entity)

    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, "credential")
        await press(pilot, "X", "enter", "enter")
        assert Credential.get().revoked_at is None, "without a reason nothing is pressed"
        await press(pilot, *"contract", "enter", "enter")
        assert Credential.get().revoked_at is not None
        assert "No credential yet" in screen_text(app)
        await press(pilot, "right_square_bracket", "R")
        assert "- revoked 2026-11-20" in screen_text(app)
        assert "acme-nordic is revoked, for good" in notices(app)
        await press(pilot, "enter")
        assert isinstance(app.screen, CredentialScreen)
        assert "nothing: revoked" in screen_text(app)

    desk.drive(scenario)


def test_credential_is_seen_but_not_made_without_the_role(desk: Desk) -> None:
    credentials.generate(WAYBILL, desk.site.entity)
    user = desk.site.add_user("finance@example.com", Role.FINANCE)
    finance = Desk(home=desk.home, site=desk.site, actor=Actor(user_id=user.id, name=user.email))

    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, "credential")
        await until(pilot, lambda: app.rights.held is not None)
        await press(pilot, "n")
        assert isinstance(app.screen, CredentialsScreen)
        assert "may not manage pickup credentials" in notices(app)
        assert "(n New)" in screen_text(app)
        await press(pilot, "enter", "right")
        assert "the audit is for Administrators" in screen_text(app)

    finance.drive(scenario)


# Tokens


def test_token_is_made_shown_once_and_lets_in(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, "credential")
        await press(pilot, "v", "n", *"laptop")
        assert "until 2026-12-20" in screen_text(app)
        await press(pilot, "ctrl+s")
        secret = secret_of(app)
        await prove(pilot, secret[-4:])
        visitor = tokens.admit(secret)
        assert visitor is not None
        assert visitor.email == "anna@example.com"
        assert "laptop" in screen_text(app)
        assert secret not in screen_text(app) + app.export_screenshot() + audit_text() + notices(app)

    desk.drive(scenario)


def test_token_given_up_is_revoked_and_one_in_use_wants_a_reason(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = await opened(pilot, "token")
        await press(pilot, "n", *"one", "ctrl+s")
        secret = secret_of(app)
        await press(pilot, "escape")
        assert tokens.admit(secret) is None
        await press(pilot, "n", *"two", "ctrl+s")
        await prove(pilot, secret_of(app)[-4:])
        await press(pilot, "enter", "X", *"stolen", "enter", "enter")
        assert "revoked" in screen_text(app)
        assert [token.state for token in Token.select()] == ["revoked", "revoked"]

    desk.drive(scenario)
