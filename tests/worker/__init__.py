"""Tests of what runs unattended."""
