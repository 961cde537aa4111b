"""What listens: the SFTP server that pickup folders are fetched from, and the terminal program for browsers."""

from __future__ import annotations
