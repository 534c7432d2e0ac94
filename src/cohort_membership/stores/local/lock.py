"""One build of a cohort at a time: a lock on the cohort's folder, which dies with its process."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK_FILE = ".lock"
"""Only where a folder cannot be locked: see `cohort_lock`."""

_NO_LOCK_ON_FOLDERS = {errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.EOPNOTSUPP}


@contextmanager
def cohort_lock(folder: Path) -> Iterator[bool]:
    """An exclusive lock on the folder itself: whether it was got. It leaves no file behind.

    A network file system (NFS) that locks only what is open for writing cannot lock a folder; there a
    file `.lock` in it is locked instead, and stays.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            is_locked = _lock(descriptor)
        except OSError as error:
            if error.errno not in _NO_LOCK_ON_FOLDERS:
                raise
            os.close(descriptor)
            descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            is_locked = _lock(descriptor)
        yield is_locked
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
