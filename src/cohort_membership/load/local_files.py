"""EDGE: reads files of a data root on a local disk."""

import errno
import os
import stat
from pathlib import Path

from returns.result import Failure, Result, Success

from cohort_membership.ports import FileReader, ReadFault

_KINDS: dict[int | None, ReadFault] = {
    **dict.fromkeys(
        (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP), ReadFault("missing", "no such file")
    ),
    **dict.fromkeys((errno.EACCES, errno.EPERM), ReadFault("denied", "permission denied")),
    errno.EISDIR: ReadFault("not-a-file", "a folder"),
}


def local_file_reader(data_root: Path) -> FileReader:
    """A reader of regular files below `data_root` (and, for a `within` outside of it, there).

    Links are followed, and must end inside the folder `within`, which may itself be a link. Pipes,
    devices and folders are refused before they are opened, as an open could wait forever.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.txt").write_bytes(b"depth")
    ...     local_file_reader(Path(folder))("a.txt", within=".", limit=100).unwrap()
    b'depth'
    """

    def read(path: str, /, *, within: str, limit: int) -> Result[bytes, ReadFault]:
        try:
            folder = Path(os.path.realpath(data_root / within))
            target = Path(os.path.realpath(data_root / path))
            if not target.is_relative_to(folder):
                return Failure(ReadFault("outside", f"a link that leaves {within}"))
            return _read_regular(target, limit)
        except ValueError:  # a NUL in the path
            return Failure(ReadFault("missing", "no such file"))
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            return Failure(_KINDS.get(error.errno, ReadFault("unavailable", reason)))

    return read


def _read_regular(target: Path, limit: int) -> Result[bytes, ReadFault]:
    unfit = _unfit(target.stat(), limit)
    if unfit:
        return Failure(unfit)
    descriptor = os.open(target, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor has no path
        # The name may stand for another file since, and a file may grow.
        unfit = _unfit(os.fstat(descriptor), limit)
        if unfit:
            return Failure(unfit)
        data = file.read(limit + 1)
    return Success(data) if len(data) <= limit else Failure(_too_large(len(data), limit))


def _unfit(status: os.stat_result, limit: int) -> ReadFault | None:
    if stat.S_ISDIR(status.st_mode):
        return ReadFault("not-a-file", "a folder")
    if not stat.S_ISREG(status.st_mode):
        return ReadFault("not-a-file", "a pipe, a socket or a device")
    return _too_large(status.st_size, limit) if status.st_size > limit else None


def _too_large(size: int, limit: int) -> ReadFault:
    return ReadFault("too-large", f"{size:,} bytes, more than {limit:,}")
