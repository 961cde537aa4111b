"""Measures import and export; a program of its own, not a test: it shows, it does not judge."""
