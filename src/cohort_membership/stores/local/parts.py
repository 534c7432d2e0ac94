"""Parts of a membership on a shared or local disk: made anywhere, each whole or not there.

A part is one slice of one stage: a parquet file of the dataset, and its lines of membership.csv. Whoever
makes it writes under a name of its own attempt and then links that to the part's name, once: of several
attempts (a worker that was thought dead and was not) the first stays, and the others find it there.
Everything stands in a folder that is named by the plan's digest, so that a worker of a build that was
given up, with another spec, finds no place to write to.
"""

import errno
import hashlib
import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, cast
from uuid import uuid4

import polars as pl

from cohort_membership.membership import Membership, Slice, with_plain_texts
from cohort_membership.regular_files import open_binary
from cohort_membership.stores.local.commit import sha256_of
from cohort_membership.stores.local.durable import NEW_FILE, Buffer, about, write_all

DATASET = "membership"
"""The folder of parts that stands for membership.parquet where there are many rows."""

ATTEMPTS, PIECES, PLAN = "attempts", "pieces", "plan"

KEY_LENGTH = 12
"""Hexadecimal digits of the plan's digest in a part's name: parts of two memberships never have one name,
so a reader that has listed the one can find a file gone, and never one of the other in its place."""


@dataclass(frozen=True, slots=True)
class PartTask:
    """What a worker is sent: where, which slice, and the digest of the plan, which lies there."""

    area: str
    key: str
    number: int
    part: Slice
    plan: str = ""

    @property
    def name(self) -> str:
        """The part's file, relative to the cohort's folder."""
        return f"{DATASET}/stage={self.part.stage}/part-{self.number:05}-{self.key}.parquet"

    @property
    def piece(self) -> Path:
        """The part's lines of membership.csv."""
        return Path(self.area) / PIECES / f"{self.number:05}.csv"


@dataclass(frozen=True, slots=True)
class PartDone:
    """What a worker returns: counts and a digest, no rows."""

    number: int
    name: str
    sha256: str
    rows: int


def tasks(membership: Membership, area: Path, key: str, part_rows: int, plan: str = "") -> Iterator[PartTask]:
    """The work: one task a part, in membership order."""
    for number, part in enumerate(membership.slices(part_rows)):
        yield PartTask(str(area), key, number, part, plan)


def lay_down_plan(membership: Membership, area: Path) -> str:
    """Write the membership, which pickles as its plan, once for all workers; its digest.

    Sent with every task, a plan of 20 000 templates would be 1.3 MB a part.
    """
    packed = pickle.dumps(membership)
    place(area, area / PLAN, packed, durable=False)
    return hashlib.sha256(packed).hexdigest()


def make_area(area: Path, stages: list[str]) -> None:
    """The folders that parts are written in; a worker makes none, so that it cannot bring back old ones."""
    for folder in (area, area / ATTEMPTS, area / PIECES, area / DATASET):
        folder.mkdir()
    for stage in stages:
        (area / DATASET / f"stage={stage}").mkdir()


def make_part(task: PartTask) -> PartDone:
    """Make one part and its lines: what a worker does."""
    table, lines = _membership(task).table_and_lines(task.part)
    place(Path(task.area), task.piece, lines, durable=False)
    return parquet_of(task, table).write()


@dataclass(frozen=True, slots=True)
class MadePart:
    """The content of a part's file, and its digest; not yet written."""

    task: PartTask
    data: memoryview
    sha256: str
    rows: int

    def write(self) -> PartDone:
        """Write it, whole and durable; where it was there already, that one is the part."""
        task, sha256 = self.task, self.sha256
        target = Path(task.area) / task.name
        if not place(Path(task.area), target, self.data, durable=True):
            sha256 = sha256_of(target, Path(task.area))
        return PartDone(task.number, task.name, sha256, self.rows)


def parquet_of(task: PartTask, table: pl.DataFrame) -> MadePart:
    data = parquet(table)
    return MadePart(task, data, hashlib.sha256(data).hexdigest(), table.height)


def place(area: Path, target: Path, data: Buffer, *, durable: bool) -> bool:
    """Write a file under its own name, whole or not at all; False where it was there already."""
    attempt = area / ATTEMPTS / uuid4().hex
    descriptor = os.open(attempt, NEW_FILE | os.O_EXCL, 0o666)
    try:
        try:
            with about(target):
                write_all(descriptor, data)
                if durable:
                    os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            target.hardlink_to(attempt)
        except FileExistsError:
            return False
        return True
    finally:
        with suppress(OSError):
            attempt.unlink()


def parquet(table: pl.DataFrame) -> memoryview:
    """A table as parquet in memory (see `write_parquet`)."""
    buffer = BytesIO()
    write_parquet(table, buffer.write)
    return buffer.getbuffer()


def write_parquet(table: pl.DataFrame, write: Callable[[bytes], object]) -> None:
    """A table as parquet, given to `write` piece by piece, its repeating columns as dictionaries that are
    read as plain text.

    An Enum is written three times as fast as its texts. But a file that is read as one does not join the
    text of a catalog, nor stand below another cohort's: so the types that it says to hold are plain.

    No statistics: those of ids tell nothing, and they cost a fifth of the time. Nor is it compressed: lz4
    makes ids, which are random digits, a sixth smaller and takes half as long again.
    """
    sink = _Sink(write)
    types = _written_types(with_plain_texts(table.clear()))
    try:
        table.write_parquet(
            cast("IO[bytes]", sink), compression="uncompressed", statistics=False, metadata=types
        )
    except pl.exceptions.ComputeError:
        if sink.error is None:
            raise
        raise sink.error from None


@dataclass(slots=True)
class _Sink:
    """What polars takes for a file. Of an error it tells the words alone, so the error is kept."""

    wanted: Callable[[bytes], object]
    error: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            self.wanted(data)
        except BaseException as error:
            self.error = error
            raise
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""


def _written_types(empty: pl.DataFrame) -> dict[str, str]:
    """The types of columns as a parquet file keeps them in its metadata."""
    buffer = BytesIO()
    empty.write_parquet(buffer)
    buffer.seek(0)
    return pl.read_parquet_metadata(buffer)


def is_part(path: str) -> bool:
    """Whether a path under the dataset's folder has the form that `PartTask.name` gives."""
    folder, _, file = path.partition("/")
    return folder.startswith("stage=") and file.startswith("part-") and file.endswith(".parquet")


_MEMBERSHIPS: dict[tuple[str, str], Membership] = {}
"""What this process has laid out: a worker makes many parts of one plan."""


def _membership(task: PartTask) -> Membership:
    name = (task.area, task.plan)
    if name not in _MEMBERSHIPS:
        _MEMBERSHIPS.clear()
        path = Path(task.area) / PLAN
        with open_binary(path, task.area) as file:
            packed = file.read()
        if hashlib.sha256(packed).hexdigest() != task.plan:  # a pickle is a program: only the build's own
            raise OSError(errno.EIO, "the plan is not what the build wrote", str(path))
        _MEMBERSHIPS[name] = pickle.loads(packed)  # noqa: S301
    return _MEMBERSHIPS[name]
