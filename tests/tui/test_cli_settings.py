"""`waybill settings`, as a person or a script meets it."""

from __future__ import annotations

from tests.tui.conftest import Waybill


def test_settings_are_listed_changed_and_taken_back(waybill: Waybill) -> None:
    before = {item["key"]: item for item in waybill("settings", "list", "--json").items}
    assert before["mail.host"]["source"] == "default"
    done = waybill.do("settings", "set", "mail.host", "mail.example.com")
    assert (done["value"], done["source"], done["variable"]) == (
        "mail.example.com",
        "file",
        "WAYBILL_MAIL_HOST",
    )
    assert 'host = "mail.example.com"' in (waybill.home / "waybill.toml").read_text()
    assert waybill.do("settings", "unset", "mail.host")["source"] == "default"
    assert waybill("settings", "unset", "mail.host").out == "it is so already\n"


def test_settings_from_the_environment_say_so(waybill: Waybill) -> None:
    listed = waybill("settings", "list", "--json", WAYBILL_SFTP_PORT="2200").items
    (port,) = [item for item in listed if item["key"] == "sftp.port"]
    assert (port["value"], port["source"]) == (2200, "environment")


def test_settings_that_are_none_are_refused(waybill: Waybill) -> None:
    assert waybill.refused("settings", "set", "mail.colour", "red")["code"] == "unknown_setting"
    assert waybill.refused("settings", "set", "mail.port", "many")["code"] == "invalid_setting"
