"""Acts that put things right: each shows a frozen plan first, and does only what still stands as shown.

    revert       exported, or on hold, → pending: it goes with the next export
    mark         pending, or on hold, → exported, because it is known to be there
    cancel       a waiting or running job ends; what did not leave is pending again
    resolve      a delivery whose outcome is unknown: it arrived, or it did not
    repeat       the very same bytes of a file, delivered once more

Re-queuing failed jobs, which has the same shape, is `models.jobs.requeue`.
"""
