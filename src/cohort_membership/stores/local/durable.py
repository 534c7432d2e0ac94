"""Files written so that a reader sees the old one or the new one, and a power cut keeps one of them.

A temporary name, flush, fsync, rename, fsync of the folder. Everything goes through `os`, call by call:
what can fail, and where a process can die, is there to be seen (tests/stores/local trace these calls).
"""

import ctypes
import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias

Buffer: TypeAlias = bytes | bytearray | memoryview

NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC


class Digest(Protocol):
    def update(self, data: Buffer, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(slots=True)
class Staged:
    """A file being written under its temporary name; `commit` gives it its own."""

    path: Path
    temporary: Path
    descriptor: int
    digest: Digest = field(default_factory=hashlib.sha256)

    def write(self, data: Buffer) -> None:
        self.digest.update(data)
        with about(self.path):
            write_all(self.descriptor, data)

    def write_through(self, data: Buffer) -> None:
        """Write and wait for the disk: on a thread beside the others, so that nobody waits at the end."""
        self.write(data)
        with about(self.path):
            os.fsync(self.descriptor)

    @property
    def sha256(self) -> str:
        return self.digest.hexdigest()

    def commit(self) -> None:
        """The file under its own name, whole and durable but for its folder (see `sync_folder`)."""
        self.temporary.replace(self.path)


def temporary_name(path: Path) -> Path:
    return path.with_name(f".{path.name}.tmp")


@contextmanager
def staged(path: Path, temporary: Path | None = None) -> Iterator[Staged]:
    """A file to be written beside `path`; it is synced at the end, and removed if anything fails."""
    temporary = temporary or temporary_name(path)
    descriptor = os.open(temporary, NEW_FILE, 0o666)
    try:
        try:
            yield Staged(path, temporary, descriptor)
            with about(path):
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


@contextmanager
def about(path: Path) -> Iterator[None]:
    """Let an error of a call that knows only a descriptor name the file it is about."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def write_all(descriptor: int, data: Buffer) -> None:
    """Write all of it: one call may take less than it is given."""
    rest = memoryview(data).cast("B")
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def make_folder(path: Path) -> list[Path]:
    """Make a folder and those above it; the ones that were not there, the deepest last."""
    missing = []
    while not path.exists():
        missing.append(path)
        path = path.parent
    made = []
    for one in reversed(missing):
        try:
            one.mkdir()
            made.append(one)
        except FileExistsError:  # another build made it, or it is a link that leads nowhere
            if not one.is_dir():
                raise
    return made


def remove_folders(made: list[Path]) -> None:
    """Take back what `make_folder` made, as far as nothing has been put there since."""
    for one in reversed(made):
        with suppress(OSError):
            one.rmdir()


def exchange(new: Path, old: Path, aside: Path) -> None:
    """Let `new` take the name `old`, in one step; what had it is then at `new`, or at `aside`.

    At `aside` only where the system cannot let two names change places (see `swap_names`): then a file
    is still replaced in one step, and a folder is not there for the moment between two renames.
    """
    try:
        swap_names(new, old)
    except OSError as error:
        if error.errno not in {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP}:
            raise
        if old.is_dir():
            old.rename(aside)
        else:
            aside.hardlink_to(old)
        new.replace(old)


def swap_names(first: Path, second: Path) -> None:
    """Let two names change places: Linux's `renameat2` with RENAME_EXCHANGE; ENOSYS elsewhere."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), str(second))
    if renameat2(_HERE, os.fsencode(first), _HERE, os.fsencode(second), _RENAME_EXCHANGE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(second))


_HERE, _RENAME_EXCHANGE = -100, 2  # AT_FDCWD and the flag, from Linux's headers


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file_system(path: Path) -> None:
    """Make everything written to the file system of `path` durable, by one call instead of one a file."""
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        os.sync()
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(path))
    finally:
        os.close(descriptor)
