"""Payment in OIOUBL 2.1: each means has its channel, and its own place for the account (F-LIB099 to -165)."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from typing import Final

from models.invoice_document import Account, Payment
from worker.formats.einvoice import codes
from worker.formats.einvoice.findings import AT_SOURCE, Findings, shown
from worker.formats.einvoice.ubl import parts as ubl
from worker.formats.einvoice.ubl.parts import Parts, ordered, put, texts
from worker.formats.einvoice.xml import attribute, leaf, wrapped

TRANSFER: Final = "30"
_CHANNELS: Final = {"31": "IBAN", "42": "DK:BANK", "50": "DK:GIRO", "93": "DK:FIK", "97": "DK:NEMKONTO"}
_CHANNEL_LIST: Final = attribute("listAgencyID", "320") + attribute(
    "listID", "urn:oioubl:codelist:paymentchannelcode-1.1"
)
_REFERENCE_LIST: Final = attribute("schemeAgencyID", "320") + attribute(
    "schemeID", "urn:oioubl:id:paymentid-1.1"
)
_NOTED: Final = frozenset({"31", "42"})
"""Means whose remittance text is the note on the payee's account."""
_SLIP = re.compile(r"([0-9]{2})#([0-9]*)")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}")
_DANISH_IBAN = re.compile(r"DK[0-9]{2}([0-9]{4})([0-9]{10})")
# Kinds of slips by means: kind → how many digits it needs.
_SLIPS: Final[Mapping[str, Mapping[str, Container[int]]]] = {
    "50": {"01": (), "04": range(1, 17), "15": range(1, 17)},
    "93": {"71": (15,), "73": (), "75": (16,)},
}
_LONGEST: Final = {"remittance": 20, "iban": 34, "account": 10, "branch": 4}
# What each means carries beside its code; others carry all that there is.
_ALL: Final = frozenset({"remittance", "instruction", "account", "card", "mandate"})
_CARRIED: Final[Mapping[str, frozenset[str]]] = {
    "31": frozenset({"remittance", "account"}),
    "42": frozenset({"remittance", "account"}),
    "48": frozenset({"remittance", "card"}),
    "50": frozenset({"remittance", "instruction", "account"}),
    "93": frozenset({"remittance", "instruction", "account"}),
    "97": frozenset(),
}


def prepare(payment: Payment) -> Payment:
    """The payment in OIOUBL's words: a transfer (30) is one to an IBAN (31) or a Danish account (42)."""
    found = payment.copy()
    account = _account(payment.get("account", {}))
    code = found.get("means_code", "")
    if code == TRANSFER:
        code = found["means_code"] = _transfer_of(account)
    danish = _DANISH_IBAN.fullmatch(account.get("id", ""))
    if code == "42" and danish:
        account = {**account, "branch": danish[1], "id": danish[2]}
    if account:
        found["account"] = account
    slip = _SLIP.fullmatch(found.get("remittance", ""))
    if code in _SLIPS and slip and "instruction" not in found:
        found["remittance"] = slip[1]
        if slip[2]:
            found["instruction"] = slip[2]
    return found


def as_danish(payment: Payment) -> Payment:
    """A transfer (30) as Danish parties say it between them (31 or 42), where its account tells which."""
    if payment.get("means_code") != TRANSFER or ("remittance" in payment and "#" in payment["remittance"]):
        return payment
    found = prepare(payment)
    bank = {"31": "bic", "42": "branch"}[found["means_code"]]
    return found if bank in found.get("account", {}) else payment


def _transfer_of(account: Account) -> str:
    return "31" if "bic" in account and _IBAN.fullmatch(account.get("id", "")) else "42"


def _account(account: Account) -> Account:
    return {**account, "id": "".join(account["id"].split())} if "id" in account else account


def dropped(payment: Payment) -> list[str]:
    """The parts of a prepared payment that its means has no place for."""
    code = payment.get("means_code", "")
    carried = _CARRIED.get(code, _ALL)
    found = [name for name in payment if name in _ALL and name not in carried]
    account = payment.get("account", {})
    if "account" not in found:
        found += [name for name in account if name != "id" and name not in _written(code)]
    return found + [name for name in payment if name == "means_text"]


def _written(code: str) -> tuple[str, ...]:
    by_code = {"31": ("bic", "name"), "42": ("branch", "name"), "50": ("name",), "93": ()}
    return by_code.get(code, ("bic", "branch", "name"))


def check(payment: Payment, found: Findings) -> None:
    """Find what breaks the rules of a prepared payment's means."""
    code = payment.get("means_code", "")
    if code not in codes.load("oioubl_payment_means"):
        found.unlisted("F-LIB100", "BT-81", "the code of a payment means", code, "oioubl_payment_means")
    if code in ("31", "42", "58"):
        _transfer(code, payment, found)
    elif code in _SLIPS:
        _slip(code, payment, found)
    elif code == "48" and not payment.get("card"):
        found.missing("F-LIB342", "BT-87", "the payment card (48)")
    if "card" in payment and "number" not in payment["card"]:
        found.missing("XSD", "BT-87", "the last digits of the payment card's number")
    if code in _NOTED and len(payment.get("remittance", "")) > _LONGEST["remittance"]:
        reason = f"the payment reference {shown(payment['remittance'])} has more than 20 characters"
        rule = "F-LIB111" if code == "31" else "F-LIB133"
        found.add(rule, "BT-83", reason, f"give a shorter one {AT_SOURCE}", payment["remittance"])


def _transfer(code: str, payment: Payment, found: Findings) -> None:
    account = payment.get("account", {})
    number, branch = account.get("id", ""), account.get("branch", "")
    missing = {"31": "F-LIB107", "42": "F-LIB126", "58": "F-LIB377"}[code]
    if not number:
        found.missing(missing, "BT-84", f"the account for the payment means {code}")
    if code == "31":
        if "bic" not in account:
            found.missing("F-LIB113", "BT-86", "the BIC of the bank for a payment to an IBAN (31)")
        _length("F-LIB114", "BT-84", "the account", number, "iban", found)
    if code == "42":
        if not branch:
            found.missing("F-LIB127", "BT-86", "the registration number of the Danish bank (42)")
        elif not re.fullmatch(r"[0-9]{1,4}", branch) or int(branch) == 0:
            reason = f"the registration number {shown(branch)} is not of four digits"
            found.add("F-LIB311", "BT-86", reason, f"correct it {AT_SOURCE}", branch)
        _length("F-LIB131", "BT-84", "the account", number, "account", found)


def _length(rule: str, term: str, what: str, value: str, kind: str, found: Findings) -> None:
    if len(value) > _LONGEST[kind]:
        reason = f"{what} {shown(value)} has more than {_LONGEST[kind]} characters"
        found.add(rule, term, reason, f"correct it {AT_SOURCE}", value)


def _slip(code: str, payment: Payment, found: Findings) -> None:
    kinds = _SLIPS[code]
    kind, digits = payment.get("remittance", ""), payment.get("instruction", "")
    if kind not in kinds:
        rule = "F-LIB147" if code == "50" else "F-LIB155"
        reason = f"the kind of slip is {shown(kind)} for the payment means {code}"
        remedy = f"give {', '.join(kinds)}, with its digits after a #, {AT_SOURCE}"
        found.add(rule, "BT-83", reason, remedy, kind)
    else:
        needed = kinds[kind]
        good = len(digits) in needed and digits.isascii() and digits.isdigit() if needed else not digits
        if not good:
            rule = {"50": "F-LIB145", "93": "F-LIB153"}[code] if needed else "F-LIB275"
            reason = f"the digits {shown(digits)} are not those of a slip of kind {kind}"
            found.add(rule, "BT-83", reason, f"correct them {AT_SOURCE}", digits)
    number = payment.get("account", {}).get("id", "")
    pattern, rule = (r"[0-9]{7,8}", "F-LIB321") if code == "50" else (r".{8}", "F-LIB305")
    if not re.fullmatch(pattern, number, re.DOTALL):
        reason = f"the creditor's number {shown(number)} is none for the payment means {code}"
        found.add(rule, "BT-84", reason, f"correct it {AT_SOURCE}", number)


def element(payment: Payment, identifier: str, due: str) -> str:
    """The PaymentMeans of a payment without findings."""
    code = payment["means_code"]
    parts: Parts = {
        "cbc:ID": leaf("cbc:ID", identifier),
        "cbc:PaymentMeansCode": leaf("cbc:PaymentMeansCode", code),
    }
    if due:
        parts["cbc:PaymentDueDate"] = leaf("cbc:PaymentDueDate", due)
    if code in _CHANNELS:
        parts["cbc:PaymentChannelCode"] = leaf("cbc:PaymentChannelCode", _CHANNELS[code], _CHANNEL_LIST)
    carried = _CARRIED.get(code, _ALL)
    given: Payment = {name: value for name, value in payment.items() if name in carried}  # type: ignore[assignment]
    if code not in _NOTED:
        parts |= texts(given, (("cbc:InstructionID", "instruction"),))
        if "remittance" in given:
            scheme = _REFERENCE_LIST if code in _SLIPS else ""
            parts["cbc:PaymentID"] = leaf("cbc:PaymentID", given["remittance"], scheme)
    put(parts, "cac:CardAccount", ubl.card(given))
    account = given.get("account", {})
    if code == "93":
        put(parts, "cac:CreditAccount", leaf("cbc:AccountID", account["id"]))
    else:
        note = given.get("remittance", "") if code in _NOTED else ""
        put(parts, "cac:PayeeFinancialAccount", _payee_account(account, code, note))
    put(parts, "cac:PaymentMandate", ubl.mandate(given))
    return ordered("cac:PaymentMeans", parts)


def _payee_account(account: Account, code: str, note: str) -> str:
    inner = "".join(texts(account, (("cbc:ID", "id"), ("cbc:Name", "name"))).values())
    inner += leaf("cbc:PaymentNote", note) if note else ""
    written = _written(code)
    bank = leaf("cbc:ID", account["branch"]) if "branch" in account and "branch" in written else ""
    if "bic" in account and "bic" in written:
        bank += wrapped("cac:FinancialInstitution", leaf("cbc:ID", account["bic"]))
    return inner + wrapped("cac:FinancialInstitutionBranch", bank)
