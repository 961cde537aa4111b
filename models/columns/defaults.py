"""The columns a file gets when no mapping is chosen."""

from __future__ import annotations

from models.columns.layout import Layout

_FIRST = (
    "party.number",
    "party.name",
    "document_type",
    "number",
    "issue_date",
    "due_date",
    "posting_date",
)
_ACH_COLUMNS = (
    "currency",
    "signed_payable",
    "account.routing",
    "account.number",
    "account.kind",
    "account.name",
)
_OTHER_COLUMNS = (
    "payment_terms",
    "order_reference",
    "currency",
    {"source": "totals.without_vat", "sign": "signed"},
    {"source": "totals.vat", "sign": "signed"},
    "signed_payable",
    "notes",
    "payment.remittance",
)


def default_layout(route: str) -> Layout:
    """What importers of invoices commonly ask for.

    One row per invoice, since rows per line look like duplicates to whoever expects invoices. `route` "ach"
    shows the bank account instead of the references.
    """
    return Layout.from_dict({"columns": [*_FIRST, *(_ACH_COLUMNS if route == "ach" else _OTHER_COLUMNS)]})
