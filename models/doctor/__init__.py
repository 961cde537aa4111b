"""The doctor: everything that could be wrong is looked at, and each finding says what to do. It only reads.

ledger        every invoice in exactly one state, and each state true
archive       every file that left is there, whole and unchanged, and none that is unfinished
installation  home, key, database, disk, queue, mail, pickup, facilities, invoices nobody takes, clock
"""
