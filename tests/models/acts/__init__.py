"""The acts of the models, each with what permits it and how it is done, by subject."""

from __future__ import annotations

from tests.models.acts import ach_cases, export_cases, people_cases, repair_cases, setup_cases

CASES = [*people_cases.CASES, *setup_cases.CASES, *export_cases.CASES, *repair_cases.CASES, *ach_cases.CASES]
