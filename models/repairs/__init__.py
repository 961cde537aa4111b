"""Acts that put things right: each shows a frozen plan first, and does only what still stands as shown.

    requeue      failed jobs run once more, with what has not left
    cancel       a waiting or running job ends; what did not leave is pending again
    mark         pending, or on hold, → exported, because it is known to be there
    revert       exported, or on hold, → pending: it goes with the next export
    resolve      a delivery whose outcome is unknown: it arrived, or it did not
    repeat       the very same bytes of a file, delivered once more
    re_export    exported invoices go once more, now, by a job of just these

Each is a module with `plan` and `apply`; `plan` says what plans are, `carrying` how one is carried out once.
"""
