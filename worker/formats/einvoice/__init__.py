"""What all e-invoices share: the rules of EN 16931, its code lists, its amounts, and XML as text.

    completed   a document with what follows from the rest of it filled in; checked and written like that
    rules       EN 16931's rules as findings: rule id, term, value, what to do
    codes       code lists as dated files (`lists/`), each replaceable by one in the installation's home
    amounts     numbers, their decimals, and sums in the order that every rule set agrees with
    identifiers numbers with check digits, and the identifier schemes of Peppol and OIOUBL
    xml         elements and escaping
    ubl         the order of UBL's elements, and the parts that all UBL formats have alike
    peppol      the rules of Peppol BIS Billing 3.0, national ones, and its document
    oioubl      the rules of OIOUBL 2.1, and its document

There is no plug-in class here: a format is a file beside this package that puts these together.
"""
