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


def test_render_says_the_first_of_what_it_does_not_carry_and_json_all(waybill: Waybill) -> None:
    _import(waybill, more="".join(f"<cbc:Telex{n}>{n}</cbc:Telex{n}>" for n in range(12)))
    ran = waybill("invoice", "render", "2026-0117", "--format", "peppol", *ENTITY)
    assert ran.code == 0, ran.err
    assert ran.err.count("note: not carried: ") == 11
    assert "note: not carried: 2 more; --json lists all\n" in ran.err
    told = waybill("invoice", "render", "2026-0117", "--format", "peppol", "--json", *ENTITY)
    assert len(told.json["not_carried"]) == 12


def _import(waybill: Waybill, more: str = "") -> None:
    """The golden invoice, with elements that no term is for at its end."""
    waybill.do("entity", "create", ENTITY[1], "--identifier", "12345678", "--country", "DK")
    text = (GOLDEN / "peppol" / "invoice.xml").read_text(encoding="utf-8")
    path = waybill.home / "invoice.xml"
    path.write_text(text.replace("</Invoice>", f"{more}</Invoice>"), encoding="utf-8")
    done = waybill.do("import", str(path), *ENTITY)
    assert (done["imported"], done["refused"]) == (1, [])
