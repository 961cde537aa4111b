# ruff: noqa: RUF001 - tables of values, in many scripts
"""Values that a document may hold, good ones and any others."""

from __future__ import annotations

from hypothesis import strategies as st

CURRENCIES = [
    "EUR", "DKK", "SEK", "NOK", "USD", "GBP", "CHF", "PLN", "CZK", "HUF", "RON", "BGN", "ISK",
    "JPY", "KRW", "CLP", "VND", "BHD", "KWD", "TND", "JOD", "OMR", "AUD", "CAD", "NZD", "SGD", "MXN",
]  # fmt: skip
COUNTRIES = ["DK", "DK", "DK", "DE", "DE", "SE", "NO", "NL", "IT", "IS", "GR", "FI", "BE", "FR", "US", "CN"]
NAMES = (
    "Nordvind Energi A/S",
    "Müller & Söhne GmbH <Köln>",
    "株式会社サンプル",
    "شركة الاختبار",
    "Ελληνική Εταιρεία",
    "ООО «Ромашка»",
    "दिल्ली ट्रेडर्स",
    "Mc\"Quote's & Co.",
    "👩‍🚀 Space 𝔘nicode",
    "line one\nline two\ttabbed\r\nthree",
)
HOSTILE = ("\x00", "a\x01b", "\x0b", "\ufffe", "   ", "", "\n", "]]>", "<x/>", "&amp;", "\ud800", "=1+1")
TEXT = st.one_of(st.sampled_from(NAMES), st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
LONG = st.sampled_from(["\n".join(f"line {n} of a long text, ærlig talt" for n in range(100)), "x" * 3000])
NUMBERS = st.one_of(
    st.sampled_from(
        ["0", "0.00", "-0.01", "1", "+5", "7.", ".5", "1e3", "NaN", "12,5", "1.005", "99999999999999"]
    ),
    st.decimals(-(10**6), 10**6, places=2).map(str),
    st.decimals(-100, 100, places=8).map(str),
)
DAYS = st.sampled_from(
    ["2025-12-31", "2026-01-01", "2024-02-29", "2026-02-30", "0001-01-01", "9999-12-31", "x"]
)
CODES = st.sampled_from([
    "S", "Z", "E", "AE", "K", "G", "O", "L", "M", "B", "380", "381", "326", "384", "389", "30",
    "31", "42", "49", "50", "58", "59", "93", "97", "ZZZ", "EUR", "XXX", "DK", "C62", "EA", "HUR",
    "0088", "0184", "DK:CVR", "GLN", "9999", "SEPA", "AAI", "VATEX-EU-AE", "VATEX-EU-132",
    "vatex-eu-ic", "95", "FC", "TAB", "NA", "25", "0", "3", "35", "text/xml", "application/pdf",
    "01#1", "71#123456789012345", "04#", "Odd",
])  # fmt: skip
ANYTHING = st.one_of(TEXT, LONG, NUMBERS, DAYS, CODES, st.sampled_from(HOSTILE))
