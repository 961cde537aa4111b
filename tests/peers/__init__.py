"""Tests against real programs of others: clients and servers."""
