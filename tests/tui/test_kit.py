"""What screens are built from, on small screens of the test's own: forms, plans, secrets, filters, live."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import ClassVar

import pytest
from rich.text import Text
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input

from models import entities
from models.catalogue import Setting, SettingKind
from models.errors import InvalidInput
from models.people import WAYBILL
from tests.tui.screen_kit import Desk, at_desk, fill, notices, press, screen_text, settled, until
from tui.app import WaybillApp
from tui.kit.form import Form, FormScreen, Values
from tui.kit.listing import ListScreen, Tab, Wanted
from tui.kit.plan import Outcome, Plan, PlanScreen, Progress
from tui.kit.reader import document_text
from tui.kit.secret import SecretScreen
from tui.widgets.filter_line import FilterKey, FilterWords
from tui.widgets.rows import Bounded, Source
from tui.widgets.table import Cells, Column


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path / "home") as made:
        yield made


def the_app(pilot: Pilot[None]) -> WaybillApp:
    assert isinstance(pilot.app, WaybillApp)
    return pilot.app


# Forms


class Server(FormScreen[Values]):
    NAME = "server"
    kept: ClassVar[list[Values]] = []

    @property
    def draft(self) -> str:
        return "server/new"

    def reader(self) -> Callable[[], Form]:
        return lambda: Form(settings=SETTINGS, values={"port": 22}, stored=["password"])

    def save(self, values: Values) -> Callable[[], Values]:
        return lambda: values

    def saved(self, result: Values) -> None:
        self.kept.append(result)

    def beside(self, values: Values) -> Text:
        return Text(f"goes to {values['host']}:{values['port']}")


SETTINGS = (
    Setting(name="host", title="Host", required=True, help="the server's name"),
    Setting(name="port", title="Port", kind=SettingKind.INTEGER, least=1, most=65535),
    Setting(name="tls", title="Encrypted", kind=SettingKind.BOOLEAN, default=False),
    Setting(name="how", title="How", kind=SettingKind.CHOICE, choices=("key", "password"), default="key"),
    Setting(
        name="password", title="Password", kind=SettingKind.SECRET, required=True, when=("how", "password")
    ),
)


def test_form_checks_as_one_types_and_shows_what_it_comes_to(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = the_app(pilot)
        await app.push_screen(Server())
        await settled(pilot)
        assert "goes to" not in screen_text(app)
        assert "! is missing" not in screen_text(app), "an empty form is not called wrong"
        await press(pilot, *"erp")
        assert "goes to erp:22" in screen_text(app)
        await press(pilot, "down", "9", "9", "9", "9")
        assert "! is 229999: give at most 65535" in screen_text(app)
        assert "Password" not in screen_text(app)

    desk.drive(scenario)


class Slow(Server):
    """As on a machine under load: it is read once the test says so."""

    def __init__(self, read: Event) -> None:
        super().__init__()
        self._read = read

    def reader(self) -> Callable[[], Form]:
        form = super().reader()

        def slowly() -> Form:
            assert self._read.wait(10)
            return form()

        return slowly


TYPED_AHEAD: dict[str, tuple[list[str], dict[str, object], str]] = {
    "letters": ([*"erp"], {"host": "erp"}, "f-host"),
    "keys of the program": ([*"q1L-?"], {"host": "q1L-?"}, "f-host"),
    "corrected": ([*"erq", "backspace", "p"], {"host": "erp"}, "f-host"),
    "moved on": ([*"erp", "down", "2", "tab", "space", "enter", "p"],
                 {"host": "erp", "port": "222", "tls": "yes", "how": "password"}, "f-how"),
    "moved back": (["down", "1", "up", *"erp"], {"host": "erp", "port": "221"}, "f-host"),
    "beyond the last": ([*"erp", *["down"] * 7, *"x"], {"host": "erp", "how": "key"}, "f-how"),
}  # fmt: skip


@pytest.mark.parametrize("case", TYPED_AHEAD)
def test_form_takes_what_was_typed_before_it_was_read(desk: Desk, case: str) -> None:
    typed, values, focused = TYPED_AHEAD[case]
    read = Event()

    async def scenario(pilot: Pilot[None]) -> None:
        app = the_app(pilot)
        screen = Slow(read)
        await app.push_screen(screen)
        await pilot.press(*typed)
        assert app.screen is screen, "no key was taken for a command"
        assert screen.form is None
        read.set()
        await settled(pilot)
        assert values.items() <= screen.values().items()
        assert app.focused is screen.query_one(f"#{focused}")
        await press(pilot, "escape")
        kept = app.drafts["server/new"]
        assert kept == {name: value for name, value in values.items() if name != "how" or value != "key"}

    desk.drive(scenario)


def test_form_takes_keys_that_come_while_its_fields_are_laid_out(desk: Desk) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"

    async def scenario(pilot: Pilot[None]) -> None:
        app = the_app(pilot)
        screen = Server()
        pushed = app.push_screen(screen)
        for letter in letters:  # as a terminal hands them on, without waiting for anything
            app.post_message(Key(letter, letter))
            await asyncio.sleep(0)
        await pushed
        await until(pilot, lambda: screen.form is not None)
        await settled(pilot)
        assert screen.values()["host"] == letters

    desk.drive(scenario)


def test_form_that_cannot_be_read_leaves_the_keys_to_the_program(desk: Desk) -> None:
    class Broken(Server):
        def reader(self) -> Callable[[], Form]:
            def refuse() -> Form:
                raise InvalidInput("there is no server", remedy="make one")

            return refuse

    async def scenario(pilot: Pilot[None]) -> None:
        app = the_app(pilot)
        await app.push_screen(Broken())
        await settled(pilot)
        assert "there is no server" in notices(app)
        await press(pilot, "1")
        assert not isinstance(app.screen, Broken)

    desk.drive(scenario)


def test_form_saved_before_it_is_read_saves_nothing_and_says_so(desk: Desk) -> None:
    read = Event()

    async def scenario(pilot: Pilot[None]) -> None:
        app = the_app(pilot)
        Server.kept.clear()
        await app.push_screen(Slow(read))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "still being read" in notices(app))
        read.set()
        await settled(pilot)
        assert "Host" in screen_text(app)
        assert not Server.kept

    desk.drive(scenario)


def test_form_left_keeps_a_draft_that_is_back_and_can_be_thrown_away(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = the_app(pilot)
        await app.push_screen(Server())
        await settled(pilot)
        await press(pilot, *"erp", "escape")
        assert "kept as a draft" in notices(app)
        await press(pilot, "q")
        assert app.is_running
        assert "Not saved: server/new" in notices(app)
        await app.push_screen(Server())
        await settled(pilot)
        assert app.screen.query_one("#f-host", Input).value == "erp"
        app.screen.query_one("#discard").focus()
        await press(pilot, "enter")
        assert app.drafts == {}

    desk.drive(scenario)


def test_form_saved_gives_values_of_their_kinds_and_leaves_a_stored_secret(desk: Desk) -> None:
    Server.kept.clear()

    async def scenario(pilot: Pilot[None]) -> None:
        app = the_app(pilot)
        await app.push_screen(Server())
        await settled(pilot)
        await press(pilot, "ctrl+s")
        assert "Host: is missing" in notices(app)
        await press(pilot, *"erp", "down", "down", "space", "down", "p", "ctrl+s")
        assert Server.kept == [{"host": "erp", "port": 22, "tls": True, "how": "password"}]
        assert app.drafts == {}

    desk.drive(scenario)


def test_form_never_keeps_a_secret_in_a_draft(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = the_app(pilot)
        await app.push_screen(Server())
        await settled(pilot)
        await press(pilot, "down", "down", "down", "p", "down", *"hunter2")
        assert "hunter2" not in screen_text(app)
        await press(pilot, "escape")
        assert app.drafts == {"server/new": {"how": "password"}}

    desk.drive(scenario)


# Plans


def plan(steps: Callable[[str], Generator[Progress, None, Outcome]], *, typed: str = "") -> Plan:
    return Plan(head="3 of 4 things", number=3, carry_out=steps, button="Do 3", going=["one"], typed=typed)


def test_plan_stopped_ends_after_its_batch_and_says_how_far_it_was(desk: Desk) -> None:
    go_on, begun = Event(), Event()
    done = []

    def steps(reason: str) -> Generator[Progress, None, Outcome]:
        for number in range(1, 4):
            done.append((number, reason))
            yield Progress(number, 3)
            begun.set()
            go_on.wait(10)
        return Outcome(["all"])

    async def scenario(pilot: Pilot[None]) -> None:
        app = the_app(pilot)
        await app.push_screen(PlanScreen("Try", lambda: plan(steps), "waybill job list"))
        await settled(pilot)
        for key in (*"why", "enter", "enter"):
            await pilot.press(key)
        await until(pilot, begun.is_set)
        assert "1 of 3" in screen_text(app)
        await pilot.press("escape")
        go_on.set()
        await settled(pilot)
        assert "of 3 done, the others are as they were" in notices(app)
        assert len(done) < 3

    desk.drive(scenario)


def test_plan_of_many_wants_its_number_typed(desk: Desk) -> None:
    def steps(reason: str) -> Generator[Progress, None, Outcome]:
        yield Progress(3, 3)
        return Outcome([f"because {reason}"])

    async def scenario(pilot: Pilot[None]) -> None:
        app = the_app(pilot)
        await app.push_screen(PlanScreen("Try", lambda: plan(steps, typed="300"), "waybill job list"))
        await settled(pilot)
        await press(pilot, *"why", "enter", *"30", "enter", "enter")
        assert isinstance(app.focused, Input), "nothing is pressed and nothing lost"
        await press(pilot, "end", "0", "enter", "enter")
        assert "because why" in notices(app)

    desk.drive(scenario)


# Secrets


def test_secret_is_left_only_with_its_last_characters_and_written_for_the_owner_alone(desk: Desk) -> None:
    left: list[bool | None] = []

    async def scenario(pilot: Pilot[None]) -> None:
        app = the_app(pilot)
        app.push_screen(SecretScreen("New key", "wb_live_7Q2M", "sftp …", folder=desk.home), left.append)
        await settled(pilot)
        assert "wb_live_7Q2M" in screen_text(app)
        await press(pilot, *"1234", "enter")
        assert "not its last 4" in screen_text(app)
        assert app.screen.query_one("#proof", Input).value == "", "the right ones can be typed"
        await press(pilot, "ctrl+p")
        assert isinstance(app.screen, SecretScreen), "no palette, so no screenshot"
        app.screen.query_one("#file").focus()
        await press(pilot, "enter")
        app.screen.query_one("#hide").focus()
        await press(pilot, "enter")
        assert "wb_live_7Q2M" not in screen_text(app)
        app.screen.query_one("#proof", Input).focus()
        await press(pilot, *"7Q2M", "enter")

    desk.drive(scenario)
    assert left == [True]
    file = desk.home / "secret.txt"
    assert file.read_text() == "wb_live_7Q2M\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_secret_that_was_hidden_is_shown_again_until_its_time_is_over(desk: Desk) -> None:
    left: list[bool | None] = []

    async def scenario(pilot: Pilot[None]) -> None:
        app = the_app(pilot)
        screen = SecretScreen("New key", "wb_live_7Q2M", folder=desk.home)
        app.push_screen(screen, left.append)
        await settled(pilot)
        screen.query_one("#hide").focus()
        await press(pilot, "enter")
        assert "(hidden)    gone in 120 s" in screen_text(app)
        assert "> Show again <" in screen_text(app)
        screen.query_one("#proof").focus()
        await press(pilot, *"abcd", "enter")
        assert "Show it again to see them." in screen_text(app)
        screen.query_one("#hide").focus()
        await press(pilot, "enter")
        assert "wb_live_7Q2M    gone in 120 s" in screen_text(app)
        for _ in range(12):
            screen._tick()
        await settled(pilot)
        assert "(gone: its time is over)" in screen_text(app)
        assert "wb_live_7Q2M" not in repr(vars(screen))
        screen.query_one("#copy").focus()
        await press(pilot, "enter")
        assert "It is gone." in screen_text(app)
        screen.query_one("#proof").focus()
        await press(pilot, *"7Q2M", "enter")

    desk.drive(scenario)
    assert left == [True]


def test_secret_given_up_is_revoked(desk: Desk) -> None:
    revoked, left = Event(), list[bool | None]()

    async def scenario(pilot: Pilot[None]) -> None:
        screen = SecretScreen("New key", "wb_live_7Q2M", folder=desk.home, revoke=revoked.set)
        the_app(pilot).push_screen(screen, left.append)
        await settled(pilot)
        await press(pilot, "escape")

    desk.drive(scenario)
    assert revoked.is_set()
    assert left == [False]


# Filters


def parse(text: str) -> str:
    name, _, value = text.partition(":")
    if text and name != "state":
        raise InvalidInput(f"there is no {name}:", remedy="say state:")
    return value


class Letters(ListScreen[str]):
    NAME = "Letters"
    TABS = (Tab("all", "all", "No letter."),)
    COLUMNS = (Column("it", "LETTER", 0),)
    FILTER = FilterWords(keys=[FilterKey(name="state", help="a or b", values=("alpha", "beta"))], parse=parse)

    def source(self, wanted: Wanted) -> Source[str]:
        return Bounded(lambda: [each for each in ("alpha", "beta") if wanted.filter in (None, each)], str)

    def cells(self, row: str) -> Cells:
        return {"it": row}


def test_filter_is_completed_corrected_applied_and_cleared(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = the_app(pilot)
        await app.push_screen(Letters())
        await settled(pilot)
        await press(pilot, "slash", *"x:")
        assert "! there is no x:. say state:" in screen_text(app)
        await press(pilot, "enter", "backspace", "backspace", "s", "tab", "b", "tab")
        assert app.screen.query_one(Input).value == "state:beta"
        await press(pilot, "enter")
        assert rows(app) == ["beta"]
        await press(pilot, "escape")
        assert rows(app) == ["alpha", "beta"]

    desk.drive(scenario)


def test_filter_that_matches_nothing_says_how_to_change_it(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = the_app(pilot)
        await app.push_screen(Letters())
        await settled(pilot)
        await press(pilot, "slash", *"state:c", "enter")
        assert "Nothing matches the filter" in screen_text(app)
        await press(pilot, "escape")
        assert rows(app) == ["alpha", "beta"]

    desk.drive(scenario)


def rows(app: WaybillApp) -> Sequence[str]:
    screen = app.screen
    assert isinstance(screen, Letters)
    return list(screen.table.rows)


# Live, links, reading


def test_frozen_screen_shows_nothing_new_until_it_goes_on(desk: Desk) -> None:
    fill(desk)

    async def scenario(pilot: Pilot[None]) -> None:
        app = the_app(pilot)
        app.open("job")
        await settled(pilot)
        await press(pilot, "L")
        assert "FROZEN" in screen_text(app)
        new = desk.site.new_job()
        looks = app._looks
        await until(pilot, lambda: app._looks > looks + 2)
        assert f" {new.id} " not in screen_text(app)
        await press(pilot, "L")
        await until(pilot, lambda: f" {new.id} " in screen_text(app))

    desk.drive(scenario)


def test_legal_entity_made_meanwhile_changes_whose_records_the_head_line_names(desk: Desk) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        app = the_app(pilot)
        assert "anna@example.com, Acme Nordic " in screen_text(app).splitlines()[0]
        entities.create(WAYBILL, "Blue Ltd")
        await until(pilot, lambda: "anna@example.com, 2 legal entities " in screen_text(app).splitlines()[0])

    desk.drive(scenario, (170, 24))


@pytest.mark.parametrize(
    ("link", "said"), [("nonsense/1", "no screen for 'nonsense'"), ("job/99", "no job 99")]
)
def test_link_to_nothing_is_told_and_the_program_goes_on(desk: Desk, link: str, said: str) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        the_app(pilot).open(link)
        await settled(pilot)
        assert said in notices(the_app(pilot))

    desk.drive(scenario)


def test_notices_have_lines_of_their_own_and_cover_nothing(desk: Desk) -> None:
    made = fill(desk)

    async def scenario(pilot: Pilot[None]) -> None:
        app = the_app(pilot)
        before = screen_text(app).splitlines()
        rows = [line for line in before if line[2:4].strip().isdigit()]
        assert len(rows) == len(made)
        app.notify("One thing was done, and this is what it was: as many words as just need two lines")
        app.notify("Another thing", severity="error")
        await settled(pilot)
        after = screen_text(app).splitlines()
        assert [line for line in before if line.strip()] == [line for line in after[:-3] if line.strip()]
        assert "One thing was done" in after[-3]
        assert "Another thing" in after[-1]
        app.clear_notifications()
        await settled(pilot)
        assert screen_text(app).splitlines() == before

    desk.drive(scenario)


def test_document_is_read_without_quotes_and_braces() -> None:
    text = document_text({"number": "A-1", "lines": [{"net": "2.00"}], "note": None, "paid": False})
    assert [" ".join(line.split()) for line in text.splitlines()] == [
        "number A-1", "lines", "1.", "net 2.00", "note -", "paid false",
    ]  # fmt: skip


def test_trouble_is_said_once_and_leaves_the_table_at_work(desk: Desk) -> None:
    def refuse() -> Plan:
        raise InvalidInput("too many", remedy="take fewer")

    async def scenario(pilot: Pilot[None]) -> None:
        app = the_app(pilot)
        await app.push_screen(PlanScreen("Try", refuse, "waybill job list"))
        await settled(pilot)
        assert notices(app) == "too many. Take fewer"
        assert not isinstance(app.screen, PlanScreen)

    desk.drive(scenario)
