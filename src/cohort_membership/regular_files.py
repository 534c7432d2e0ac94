"""EDGE: the one way in which a file of a data root is opened for reading.

Only a regular file is: a pipe would let the reader wait for ever, and a device be read without end. A link
is followed where it ends below a root; one that ends elsewhere would show what is not the user's to show.
Memory is in proportion to the file, and never more than a limit.
"""

import errno
import os
import stat
from os import PathLike
from typing import BinaryIO, TypeAlias

AnyPath: TypeAlias = "str | PathLike[str]"

MOST_BYTES = 64 * 2**20
"""No manifest and no metadata of a generation is larger."""

_READING = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY | os.O_CLOEXEC
_BLOCK = 1 << 16


class Unfit(OSError):
    """What has a file's name and is not to be read: a pipe, a link that leads outside, a file too large."""


def open_regular(path: AnyPath, root: AnyPath) -> int:
    """A descriptor of a regular file; a link must end below `root`.

    Raises `Unfit`, IsADirectoryError, and what the system raises where there is no such file.
    """
    try:
        descriptor = os.open(path, _READING)
    except OSError as error:
        if error.errno == errno.ENXIO:  # so the system says of a socket
            raise _special(path) from None
        if error.errno != errno.ELOOP:
            raise
        descriptor = os.open(_end_of(path, root), _READING)
    try:
        _demand_regular(os.fstat(descriptor).st_mode, path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read_regular(path: AnyPath, root: AnyPath, limit: int = MOST_BYTES) -> bytes:
    """The bytes of a regular file (see `open_regular`); `Unfit` with EFBIG where there are more than `limit`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with open(f"{folder}/a", "wb") as file:
    ...         _ = file.write(b"depth")
    ...     read_regular(f"{folder}/a", folder)
    b'depth'
    """
    descriptor = open_regular(path, root)
    try:
        size = os.fstat(descriptor).st_size
        blocks: list[bytes] = []
        total = size
        if size <= limit:
            total = 0
            while total <= limit and (block := os.read(descriptor, size + 1 if not blocks else _BLOCK)):
                blocks.append(block)
                total += len(block)
    finally:
        os.close(descriptor)
    if total > limit:
        raise Unfit(errno.EFBIG, f"{total:,} bytes, more than {limit:,}", os.fspath(path))
    return b"".join(blocks)


def open_binary(path: AnyPath, root: AnyPath) -> BinaryIO:
    """A regular file (see `open_regular`), open to be read as a stream."""
    return os.fdopen(open_regular(path, root), "rb", buffering=0)


def open_to_complete(path: AnyPath) -> int:
    """A descriptor to write to a regular file that is there; never through a link."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a pipe that nobody reads, or a socket
            raise _special(path) from None
        raise
    try:
        _demand_regular(os.fstat(descriptor).st_mode, path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _end_of(path: AnyPath, root: AnyPath) -> str:
    """Where a link ends, if that is below the root."""
    try:
        end = os.path.realpath(path, strict=True)
    except FileNotFoundError:
        raise Unfit(errno.ELOOP, "a link that leads nowhere", os.fspath(path)) from None
    if os.path.commonpath([end, os.path.realpath(root)]) != os.path.realpath(root):
        raise Unfit(errno.ELOOP, f"a link that leaves {os.fspath(root)}", os.fspath(path))
    return end


def _demand_regular(mode: int, path: AnyPath) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if not stat.S_ISREG(mode):
        raise _special(path)


def _special(path: AnyPath) -> Unfit:
    return Unfit(errno.EINVAL, "a pipe, a socket or a device", os.fspath(path))
