"""Tests; this package keeps `tests.models` from being `models`."""
