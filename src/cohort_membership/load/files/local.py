"""EDGE: reads files of a data root on a local disk."""

import errno
import os
from itertools import islice
from pathlib import Path

from returns.result import Failure, Result, Success

from cohort_membership.ports import CohortNames, FileReader, ReadFault
from cohort_membership.regular_files import read_regular

MOST_NAMES = 10_000
"""More cohorts than this are not listed for a suggestion."""

_KINDS: dict[int | None, ReadFault] = {
    **dict.fromkeys(
        (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP), ReadFault("missing", "no such file")
    ),
    **dict.fromkeys((errno.EACCES, errno.EPERM), ReadFault("denied", "permission denied")),
    errno.EISDIR: ReadFault("not-a-file", "a folder"),
    errno.EINVAL: ReadFault("not-a-file", "a pipe, a socket or a device"),
}


def local_file_reader(data_root: Path) -> FileReader:
    """A reader of regular files below `data_root` (and, for a `within` outside of it, there).

    Links are followed, and must end inside the folder `within`, which may itself be a link (see
    `regular_files`).

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.txt").write_bytes(b"depth")
    ...     local_file_reader(Path(folder))("a.txt", within=".", limit=100).unwrap()
    b'depth'
    """

    root = os.fspath(data_root)

    def read(path: str, /, *, within: str, limit: int) -> Result[bytes, ReadFault]:
        try:
            folder, target = _end_of(root, within), _end_of(root, path)
            if os.path.commonpath([folder, target]) != folder:
                return Failure(ReadFault("outside", f"a link that leaves {within}"))
            return Success(read_regular(target, folder, limit))
        except ValueError:  # a NUL in the path
            return Failure(ReadFault("missing", "no such file"))
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            if error.errno == errno.EFBIG:
                return Failure(ReadFault("too-large", reason))
            return Failure(_KINDS.get(error.errno, ReadFault("unavailable", reason)))

    return read


def _end_of(root: str, path: str) -> str:
    """Where a path below the root ends. Without `Path`, which takes twice as long: thousands of templates may
    each have a text."""
    return os.path.realpath(os.path.join(root, path))  # noqa: PTH118


def local_cohort_names(data_root: Path) -> CohortNames:
    """The names of the folders below `cohorts`, at most `MOST_NAMES` of them.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Path(folder, "cohorts", "demo").mkdir(parents=True)
    ...     local_cohort_names(Path(folder))()
    ['demo']
    """

    def names() -> list[str]:
        try:
            with os.scandir(data_root / "cohorts") as entries:
                return [entry.name for entry in islice(entries, MOST_NAMES) if entry.is_dir()]
        except OSError:
            return []

    return names
