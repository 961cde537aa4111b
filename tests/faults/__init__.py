"""Crashes: real workers killed at every named point and at random instants, and what is left afterwards."""
