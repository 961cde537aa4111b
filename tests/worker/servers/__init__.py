"""Tests of what listens."""

from __future__ import annotations
