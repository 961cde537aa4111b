"""What banks answer to ACH entries of ours: returns and notifications of change, recorded once each.

A return puts the invoices it is about on hold. A change becomes a proposed account of the payee, which a
person accepts or declines: bank accounts are rows that never change.

    records    the tables
    originals  which files and items an answer can be about
    recording  the act: answers, ledger, history, and the letters about them
    holding    which invoices a return puts on hold
    letter     what the letters say
    proposals  accounts that banks propose, and what became of them
"""
