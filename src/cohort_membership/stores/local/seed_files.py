"""The files of seeds on the local disk: listed, read, written, completed, brought to another mount."""

import errno
import fcntl
import os
import shutil
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import polars as pl

from cohort_membership.artifacts import METADATA
from cohort_membership.metadata import Seed
from cohort_membership.regular_files import Unfit, open_to_complete, read_regular
from cohort_membership.stores.local.durable import sync_file_system, write_all

CHUNK = 2_000

NO_NAMES = pl.Series([], dtype=pl.String)


def listed(folder: Path) -> pl.Series:
    """The names in a folder; none where it is not there."""
    parts = [NO_NAMES]
    try:
        with os.scandir(folder) as entries:
            while names := [entry.name for entry in islice(entries, 50 * CHUNK)]:
                parts.append(pl.Series(names, dtype=pl.String))
    except FileNotFoundError:
        return NO_NAMES
    return pl.concat(parts)


def some_names(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in islice(entries, CHUNK)]


def read_seed(path: str, root: Path) -> bytes | None:
    """The content of a metadata file: empty where there is none yet, None where there can be none.

    An empty file is a seed that a crash cut short, so it is none; one behind a link is not ours to write.
    """
    try:
        content = read_regular(path, root)
    except FileNotFoundError:
        return b""
    except (NotADirectoryError, IsADirectoryError, Unfit):
        return None
    return None if not content and os.path.islink(path) else content  # noqa: PTH114


def write_seeds(home: Path, seeds: Sequence[Seed]) -> None:
    """The metadata of generations whose folders have been made: half the work, done beside the other."""
    for seed in seeds:
        path, content = f"{home}/{seed.gen_id}/{METADATA}", seed.text.encode()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            if os.write(descriptor, content) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        except OSError as error:
            error.filename = path
            raise
        finally:
            os.close(descriptor)


def complete(path: Path, content: bytes) -> bool:
    """Write a seed that a crash cut short, at its place; False where it holds something.

    The lock lets one of two cohorts do it, so that nothing is written over.
    """
    descriptor = open_to_complete(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_size:
            return False
        write_all(descriptor, content)
        os.fsync(descriptor)
        return True
    finally:
        os.close(descriptor)


def copied_into(home: Path, work: Path) -> Path:
    """Prepared seeds, copied into a folder of the stage's own and made durable there."""
    beside = home / work.parent.name
    shutil.copytree(work, beside)
    sync_file_system(beside)
    return beside
