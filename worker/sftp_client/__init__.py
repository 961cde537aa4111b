"""Sending by SFTP: a session with somebody else's server.

Every call has a time limit: a watch closes a connection on which nothing has moved for too long. Whatever
goes wrong comes out as `DeliveryError`: worth another try when the way to the server failed, final when
the server, or nobody's approval of its key, said no.
"""

from __future__ import annotations

from worker.sftp_client.endpoint import LOST, NOT_THERE, UNREACHABLE, Endpoint, HostKey, private_key
from worker.sftp_client.session import SftpSession
from worker.sftp_client.transfer import RemoteFile

__all__ = [
    "LOST",
    "NOT_THERE",
    "UNREACHABLE",
    "Endpoint",
    "HostKey",
    "RemoteFile",
    "SftpSession",
    "private_key",
]
