"""What EDIFACT and X12 share: segments held to their tables, text in pieces, sums, interchanges."""
