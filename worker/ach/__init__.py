"""ACH files of any bank: read, shown, checked against the Nacha rules, and what came back of our own.

It shares no code with the writer of `worker.formats.nacha`, and so can be its judge.

    records     bytes → records of 94 characters, however the file breaks its lines
    layout(s)   which field stands where, for each record, SEC code and kind of addenda
    structure   records → batches and entries with their addenda
    codes       what numbers mean; `reasons`: why banks return entries or want them changed
    remittance  what addenda say about invoices
    check       every problem of a file, as `findings`
    answers     returns and notifications of change, as a bank writes them
    originals   entries of our own files found again, and the invoices that they paid
    returns     answers matched to originals, and recorded
    reversal    payments of a file of ours taken back
"""
