"""What facilities, file types and gateways declare that can be set, in words."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from models import facility_settings
from models.catalogue import Setting, SettingKind, discover


def every_setting() -> Iterator[dict[str, Any]]:
    """Everything that can be set, for a facility itself, each file type and each gateway."""
    yield from (setting_item(setting.name, setting) for setting in facility_settings.SETTINGS)
    for group in ("waybill.formats", "waybill.gateways"):
        for key, plugin in sorted(discover(group).items()):
            yield from (setting_item(f"{key}.{setting.name}", setting) for setting in plugin.settings)


def setting_item(key: str, setting: Setting) -> dict[str, Any]:
    """One of them, as it declares itself."""
    return {
        "key": key,
        "title": setting.title,
        "help": setting.help,
        "kind": setting.kind,
        "choices": list(setting.allowed()),
        "default": setting.default,
        "required": setting.required,
        "when": None if setting.when is None else {"setting": setting.when[0], "is": setting.when[1]},
    }


def setting_text(item: dict[str, Any]) -> str:
    """One of them in lines: its key, what it is for, and what may be given."""
    given = item["default"]
    if isinstance(given, bool):  # 1 is not
        given = "yes" if given else "no"
    default = "" if given is None else f" (default {given})"
    required = " (required)" if item["required"] else ""
    if item["kind"] == SettingKind.SECRET:
        required = " (a secret: waybill secret set facility.ID." + item["key"].replace(".", "_") + ")"
    choices = ", ".join(item["choices"]) or ("yes, no" if item["kind"] is SettingKind.BOOLEAN else "")
    told = ": ".join(part for part in (item["title"], item["help"]) if part)
    lines = [told, f"one of: {choices}"] if choices else [told]
    if item["when"] is not None:
        lines.append(f"only where {item['when']['setting']} is {item['when']['is']}")
    return "\n".join([f"{item['key']}{required}{default}", *(_indented(line) for line in lines)])


def _indented(text: str) -> str:
    return textwrap.fill(text, 79, initial_indent=" " * 4, subsequent_indent=" " * 4, break_on_hyphens=False)
