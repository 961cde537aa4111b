"""`waybill open`, as far as it goes without a terminal."""

from __future__ import annotations

import pytest

from models.errors import Conflict
from tests.tui.conftest import Waybill
from tui import app as program


def test_open_without_a_terminal_is_refused_with_the_commands(waybill: Waybill) -> None:
    ran = waybill("open", "job/12")
    assert ran.code == 1
    assert ran.err == "error: the terminal program needs a terminal. For commands see: waybill --help\n"


@pytest.mark.parametrize(
    ("link", "command"), [("job/12", "waybill job show 12"), ("schedule", "waybill schedule list")]
)
def test_open_on_a_dumb_terminal_names_the_command_that_says_the_same(
    monkeypatch: pytest.MonkeyPatch, link: str, command: str
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with pytest.raises(Conflict) as caught:
        program.run(link)
    assert command in caught.value.remedy
