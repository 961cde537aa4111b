"""Which columns a file has, in which order, under which headers, and how values are written.

A `Layout` is what a saved mapping holds. It is pure: it knows the fields there are and checks itself; the
formats turn it into rows. As data it reads

    {"rows": "invoice", "delimiter": ";", "decimal_mark": ",", "date_format": "DD.MM.YYYY",
     "columns": ["number",
                 {"header": "Supplier", "source": "party.name"},
                 {"header": "Amount", "source": "totals.payable", "sign": "signed"},
                 {"header": "Cost centre", "source": "custom.cost_centre", "required": false},
                 {"header": "Reference", "value": "concat(party.number, '-', number)", "width": 35},
                 {"header": "Type", "constant": "BILL"}]}

A field is named by its path in the document's content (`line.` for its lines, `tax.` for its VAT breakdown,
`custom.` for columns of the source that have no field), or is one of those Waybill knows itself
(`posting_date`, `party.number`, ...). A `value` is an expression over fields (`models.columns.expressions`).
"""

from __future__ import annotations

from models.columns.checks import WrongLayout
from models.columns.column import Column, Justify, Sign
from models.columns.defaults import default_layout
from models.columns.layout import (
    DECIMAL_MARKS,
    DELIMITERS,
    Charset,
    Layout,
    LineEnd,
    Quoting,
    RowsPer,
    RowType,
    TotalRow,
)

__all__ = [
    "DECIMAL_MARKS",
    "DELIMITERS",
    "Charset",
    "Column",
    "Justify",
    "Layout",
    "LineEnd",
    "Quoting",
    "RowType",
    "RowsPer",
    "Sign",
    "TotalRow",
    "WrongLayout",
    "default_layout",
]
