"""What each setting of an installation is for, in a sentence, and what it may be where that is a choice."""

from __future__ import annotations

from collections.abc import Mapping

ABOUT: Mapping[str, str] = {
    "database.url": "where the records are: empty, a file in the home; else postgresql://USER@HOST/DATABASE",
    "database.busy_seconds": "how long a statement waits while somebody else holds what it needs",
    "queue.url": "what wakes the workers: empty, a file in the home; else postgresql://USER@HOST/DATABASE",
    "mail.host": "the mail server; while it is empty no mail is sent, and mails wait",
    "mail.port": "where it listens: mostly 587 for starttls, 465 for tls, 25 for none",
    "mail.tls": "how the way to it is encrypted",
    "mail.user": "who logs in there; empty: nobody does. The password is the secret mail.password",
    "mail.sender": "whom mails are from; empty: waybill@ this machine",
    "mail.support": "who is told of every failed export besides the users; several with commas",
    "sftp.host": "the address the pickup server listens on; 0.0.0.0: all of this machine's",
    "sftp.port": "where it listens; 0 takes a free one",
    "sftp.public_host": "the name customers connect to, as commands show it; empty: the address",
    "web.enabled": "whether waybill up starts the terminal program in a browser too",
    "web.host": "the address it listens on: one of this machine's own, unless a proxy stands before it",
    "web.port": "where it listens; 0 takes a free one",
    "web.max_sessions": "how many tabs may be open, of all users together",
    "web.idle_minutes": "a browser that nobody touches so long is logged out",
    "web.behind_proxy": "whether a reverse proxy logs people in and says who they are",
    "web.proxies": "the addresses or networks that proxy connects from; several with commas",
    "web.user_header": "the header in which it says the user's e-mail address",
    "worker.lease_seconds": "a job whose worker has not been heard of for so long is taken over",
    "worker.max_tries": "how often a job is tried while the other side cannot be reached",
    "worker.stop_seconds": "a job that has not ended so long after a stop is handed to the next worker",
    "import.max_bytes": "how large a file may be that is read in",
    "files.archive": "the folder of the master copies; empty: archive in the home",
    "files.pickup": "the folder of the pickup folders; empty: pickup in the home",
}

CHOICES: Mapping[str, tuple[str, ...]] = {"mail.tls": ("starttls", "tls", "none")}
