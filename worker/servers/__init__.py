"""What listens: the SFTP server that pickup folders are fetched from, the terminal program in browsers."""

from __future__ import annotations
