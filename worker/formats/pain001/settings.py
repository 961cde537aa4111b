"""What a SEPA credit transfer needs to know of the payer and the bank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stdnum import bic, iban

from models.catalogue import Setting, SettingKind
from models.problems import Problem
from worker.formats.pain001.characters import carries, plain

V03, V09 = "001.001.03", "001.001.09"
AUTO, STRUCTURED, UNSTRUCTURED = "auto", "structured", "unstructured"

SETTINGS = (
    Setting(
        name="version",
        title="Version",
        help="the message the bank takes: pain.001.001.09, or the older pain.001.001.03",
        kind=SettingKind.CHOICE,
        choices=(V09, V03),
        default=V09,
    ),
    Setting(name="debtor_name", title="Payer", help="the name the payees read", required=True, max_length=70),
    Setting(name="debtor_iban", title="Payer's IBAN", help="the account to pay from", required=True),
    Setting(name="debtor_bic", title="Payer's BIC", help="of the payer's bank, where it asks for it"),
    Setting(
        name="initiator_id",
        title="Initiating party's id",
        help="the number the bank knows the sender by, where it gave one",
        max_length=35,
    ),
    Setting(
        name="execution_days",
        title="Execution after",
        help="so many TARGET banking days after the posting date",
        kind=SettingKind.INTEGER,
        default=0,
        least=0,
        most=30,
    ),
    Setting(
        name="remittance",
        title="Payment reference",
        help="auto: structured (ISO 11649, RF…) where the invoice has such a reference, else as text",
        kind=SettingKind.CHOICE,
        choices=(AUTO, STRUCTURED, UNSTRUCTURED),
        default=AUTO,
    ),
    Setting(
        name="batch_booking",
        title="One booking",
        help="whether the bank books the payments as one sum",
        kind=SettingKind.BOOLEAN,
        default=False,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """The settings, checked."""

    version: str
    name: str
    iban: str
    bic: str
    initiator: str
    days: int
    remittance: str
    batch_booking: bool

    @classmethod
    def of(cls, values: Mapping[str, str | int | bool | None]) -> Payer:
        """As a facility's settings say."""
        return cls(
            version=str(values.get("version") or V09),
            name=plain(str(values.get("debtor_name") or "")),
            iban=iban.compact(str(values.get("debtor_iban") or "")),
            bic=bic.compact(str(values.get("debtor_bic") or "")),
            initiator=str(values.get("initiator_id") or ""),
            days=int(values.get("execution_days") or 0),
            remittance=str(values.get("remittance") or AUTO),
            batch_booking=bool(values.get("batch_booking")),
        )


def check(values: Mapping[str, str | int | bool | None]) -> Iterator[Problem]:
    """What is wrong with the settings."""
    payer = Payer.of(values)
    if not iban.is_valid(payer.iban):
        yield _wrong("debtor_iban", payer.iban, "it is no IBAN with right check digits")
    if payer.bic and not bic.is_valid(payer.bic):
        yield _wrong("debtor_bic", payer.bic, "it is no BIC")
    for name, text in (("debtor_name", payer.name), ("initiator_id", payer.initiator)):
        if not carries(text):
            yield _wrong(name, str(values.get(name)), "it has characters that SEPA does not carry")


def _wrong(name: str, value: str, why: str) -> Problem:
    return Problem(
        code="invalid_setting",
        reason=f"the setting pain001.{name} is {value!r}: {why}",
        remedy=f"correct it: waybill facility edit NAME --set pain001.{name}=…",
        term=name,
        value=value,
    )
