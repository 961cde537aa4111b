"""`waybill invoice render` of e-invoices: what comes out, what breaks a rule, and what has no place."""

from __future__ import annotations

from tests.tui.conftest import Waybill
from tests.worker.format_cases import GOLDEN

ENTITY = ("--entity", "Havnens Handel ApS")


def test_render_of_an_e_invoice_says_what_it_does_not_carry(waybill: Waybill) -> None:
    _import(waybill)
    ran = waybill("invoice", "render", "2026-0117", "--format", "oioubl", *ENTITY)
    assert ran.code == 0, ran.err
    assert ran.out.startswith('<?xml version="1.0" encoding="UTF-8"?>')
    assert "<cbc:CustomizationID>OIOUBL-2.1<" in ran.out
    assert "note: not carried: the allowance 10.00 (Kampagne) of line 2: it is part of the price\n" in ran.err
    told = waybill("invoice", "render", "2026-0117", "--format", "oioubl", "--json", *ENTITY)
    assert any("Kampagne" in phrase for phrase in told.json["not_carried"])
    assert "not carried" not in waybill("invoice", "render", "2026-0117", "--format", "peppol", *ENTITY).err


def test_render_of_an_e_invoice_that_breaks_a_rule_names_it(waybill: Waybill) -> None:
    _import(waybill)
    ran = waybill("invoice", "render", "2026-0117", "--format", "peppol_self_billing", *ENTITY)
    assert (ran.code, ran.out) == (1, "")
    assert "error: PEPPOL-EN16931-P0100 BT-3: the type code is '380'" in ran.err
    assert "error: direction BG-7: " in ran.err


def _import(waybill: Waybill) -> None:
    waybill.do("entity", "create", ENTITY[1], "--identifier", "12345678", "--country", "DK")
    done = waybill.do("import", str(GOLDEN / "peppol" / "invoice.xml"), *ENTITY)
    assert (done["imported"], done["refused"]) == (1, [])
