"""An `OSError` as the problem it is, with `retryable` told truthfully."""

import errno

from cohort_membership.problems import Location, Problem, StorageDenied, StorageFull, StorageUnavailable

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DENIED = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENAMETOOLONG,
    errno.EISDIR,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.ENOTEMPTY,
    errno.ELOOP,
    errno.EINVAL,
    errno.EXDEV,
}
"""Errors that the same call meets again, however often it is tried."""


def as_problem(error: OSError, action: str, file: str | None = None) -> Problem:
    """The problem that an error of the file system is; `file` is relative to the data root.

    >>> as_problem(OSError(errno.ENOSPC, "No space left on device"), "write membership.csv").code
    'storage-full'
    """
    reason = (error.strerror or type(error).__name__).lower()
    location = None if file is None else Location(file)
    if error.errno in _FULL:
        return StorageFull(action=action, reason=reason, location=location)
    if error.errno in _DENIED:
        return StorageDenied(action=action, reason=reason, location=location)
    return StorageUnavailable(action=action, reason=reason, location=location)
