"""The terminal program in a browser: one program for each open tab, for whoever a token or a proxy lets in.

    service.py    listens until told to stop
    rules.py      what the settings allow, refused where it would be open to anybody
    doors.py      who comes: by a token and then a cookie, or by what a trusted proxy says
    guard.py      what every request must be like, and every answer
    site.py       the pages, the login, the websocket
    tab.py        one open tab: what it sends goes to its program
    program.py    one running program: textual-serve's, started for one user, certain to end
    pages.py      the pages, out of pages/
    assets/       what they load besides textual-serve's own files; nothing comes from elsewhere

A program learns who acts from its arguments, which this server writes: nothing that a browser sends reaches
them. From there on roles and audit are those of that user.
"""

from __future__ import annotations
