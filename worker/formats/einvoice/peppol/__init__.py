"""Peppol BIS Billing 3.0 and its self-billing twin: what is allowed, and the document itself."""
