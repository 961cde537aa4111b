"""ACH files of any bank: read, shown, checked against the Nacha rules, and what came back of our own.

It shares no code with the writer of `worker.formats.nacha`, and so can be its judge.

    records   bytes → records of 94 characters, however the file breaks its lines
    layouts   which field stands where, for each record and SEC code
    structure records → batches and entries with their addenda
    codes     what the numbers mean, with words and remedies
    check     every problem of a file
    remittance what addenda say about invoices
    answers   returns and notifications of change
"""
