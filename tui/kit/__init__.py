"""What screens are built from: declarations, reading in threads, lists, details, forms, plans, secrets."""
