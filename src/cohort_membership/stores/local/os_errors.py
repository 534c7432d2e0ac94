"""An `OSError` as the problem it is, with `retryable` told truthfully."""

import errno

from cohort_membership.problems import Location, Problem, StorageDenied, StorageFull, StorageUnavailable

_FULL = {errno.ENOSPC, errno.EDQUOT}
_PASSING = {
    *(errno.EIO, errno.EAGAIN, errno.EINTR, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ENOLCK),
    *(errno.ESTALE, errno.ENOENT, errno.EBADF, errno.EDEADLK, errno.ETXTBSY, errno.EPIPE),
    *(errno.ETIMEDOUT, errno.ENETDOWN, errno.ENETUNREACH, errno.ENETRESET, errno.EHOSTDOWN),
    *(errno.EHOSTUNREACH, errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED, errno.ENOTCONN),
}
"""Errors that may be gone when the same is tried again: of the disk or the network, of what others hold, of
what others move away (ENOENT). All others (EACCES, EFBIG, EBUSY of a mount point, …) are met again."""


def as_problem(error: OSError, action: str, file: str | None = None) -> Problem:
    """The problem that an error of the file system is; `file` is relative to the data root.

    >>> as_problem(OSError(errno.ENOSPC, "No space left on device"), "write membership.csv").code
    'storage-full'
    """
    reason = (error.strerror or type(error).__name__).lower()
    location = None if file is None else Location(file)
    if error.errno in _FULL:
        return StorageFull(action=action, reason=reason, location=location)
    if error.errno is None or error.errno in _PASSING:  # None: of a network's client, which has no number
        return StorageUnavailable(action=action, reason=reason, location=location)
    remedy = _MOVE_AWAY if error.errno == errno.ENOTDIR else None
    return StorageDenied(action=action, reason=reason, remedy=remedy, location=location)


_MOVE_AWAY = "move away the file that stands there, or above it: a folder must be in its place"
