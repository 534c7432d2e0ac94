"""Files written so that a reader sees the old one or the new one, and a power cut keeps one of them.

A temporary name in the same folder, flush, fsync, rename, fsync of the folder. The temporary names are
fixed, so that what a killed build leaves is overwritten by the next one.
"""

import ctypes
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol


class Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(slots=True)
class Staged:
    """A file being written under its temporary name; `commit` gives it its own."""

    path: Path
    file: BinaryIO
    digest: Digest = field(default_factory=hashlib.sha256)

    def write(self, data: bytes) -> None:
        self.file.write(data)
        self.digest.update(data)

    @property
    def sha256(self) -> str:
        return self.digest.hexdigest()

    def commit(self) -> None:
        """The file under its own name, whole and durable but for its folder (see `sync_folder`)."""
        temporary_name(self.path).replace(self.path)


def temporary_name(path: Path) -> Path:
    return path.with_name(f".{path.name}.tmp")


@contextmanager
def staged(path: Path) -> Iterator[Staged]:
    """A file to be written beside `path`; it is synced at the end, and removed if anything fails."""
    temporary = temporary_name(path)
    try:
        with temporary.open("wb") as file:
            yield Staged(path, file)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
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
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(path))
    finally:
        os.close(descriptor)
