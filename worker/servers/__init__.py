"""What listens: the SFTP server that pickup folders are fetched from."""

from __future__ import annotations
