"""What is asked before a mapping changes: a new version, or being taken out of use."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from models import mapping_list, mappings
from models.audit import Actor
from models.columns import Layout
from models.mapping_list import Listed, Use
from models.mappings import Mapping as Saved
from tui.kit.plan import Outcome, Plan, PlanScreen, Progress
from tui.wording import counted

EFFECT = "jobs under way keep the version they began with; earlier versions stay"


def save_screen(actor: Actor, which: int, layout: Mapping[str, Any], base: int, refused: int) -> PlanScreen:
    """Asks before a new version; dismisses with its number. `base`: the version the draft began with."""

    def make() -> Plan:
        current = mapping_list.find(actor, which)
        changes = mapping_list.differences(current.layout, Layout.from_dict(layout))

        def carry_out(_: str) -> Generator[Progress, None, Outcome]:
            mapping = Saved.get_by_id(current.id)
            saved = mappings.edit(actor, mapping, dict(layout), expected=current.version)
            yield Progress(1, 1)
            return Outcome([f"The mapping {saved.name} is now version {saved.version}."], value=saved.version)

        return Plan(
            head=f"{counted(len(changes), 'change')}" if changes else "it is saved like this already",
            number=int(bool(changes)),
            carry_out=carry_out,
            button=f"Save as version {current.version + 1}",
            going=changes,
            warnings=[*_overtaken(current, base), *concerned(current.uses), *_refusals(refused)],
            effect=EFFECT,
            needs_reason=False,
        )

    return PlanScreen("Save the mapping", make, "waybill mapping edit")


def delete_screen(actor: Actor, which: int) -> PlanScreen:
    """Asks before a mapping goes out of use; dismisses with its name."""

    def make() -> Plan:
        current = mapping_list.find(actor, which)

        def carry_out(_: str) -> Generator[Progress, None, Outcome]:
            mappings.delete(actor, Saved.get_by_id(current.id))
            yield Progress(1, 1)
            return Outcome([f"The mapping {current.name} is out of use."], value=current.name)

        return Plan(
            head=f"the mapping {current.name}, version {current.version}, goes out of use",
            number=0 if current.uses else 1,
            carry_out=carry_out,
            button="Delete the mapping",
            left_out=[f"{use_text(use)}: give it another mapping first" for use in current.uses],
            effect="its name is free again; files made with it can still be repeated",
            needs_reason=False,
        )

    return PlanScreen("Delete the mapping", make, "waybill mapping delete")


def use_text(use: Use) -> str:
    """Who writes what with it: `schedule Nightly (active), csv of ERP north`."""
    enabled = "" if use.enabled else ", not enabled"
    return f"schedule {use.schedule} ({use.state}{enabled}), {use.format} of {use.facility}"


def _overtaken(current: Listed, base: int) -> Sequence[str]:
    if current.version == base:
        return ()
    saved = f"{current.changed_by} saved version {current.version}"
    return [f"{saved} after you began with {base}: yours replaces it"]


def concerned(uses: Sequence[Use]) -> Sequence[str]:
    """Whose files a new version changes."""
    return [f"used by the {use_text(use)}: written so from its next run on" for use in uses]


def _refusals(refused: int) -> Sequence[str]:
    return [f"{counted(refused, 'invoice')} of those tried could not go like this"] if refused else ()
