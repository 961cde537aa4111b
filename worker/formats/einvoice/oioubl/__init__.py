"""OIOUBL 2.1, the Danish e-invoice of NemHandel: what is allowed, and the document itself."""
