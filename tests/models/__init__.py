"""Tests of what Waybill knows and the rules that always hold."""
