"""A membership written to a folder that nobody reads yet: as one table, or as a dataset of parts.

Memory depends on the part and not on the cohort, but for the one table, which `single_rows` bounds.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import polars as pl

from cohort_membership.artifacts import CSV, CSV_HEADER, PARQUET
from cohort_membership.executors import Workers, run
from cohort_membership.membership import Membership
from cohort_membership.ports import Notify
from cohort_membership.regular_files import open_binary
from cohort_membership.stores.lane import Lane, ahead, threads_for
from cohort_membership.stores.local.commit import READ_SIZE
from cohort_membership.stores.local.durable import Staged, staged
from cohort_membership.stores.local.parts import (
    DATASET,
    MadePart,
    PartDone,
    PartTask,
    lay_down_plan,
    make_area,
    make_part,
    parquet_of,
    tasks,
    write_parquet,
)

Batch: TypeAlias = tuple[pl.DataFrame, bytes | memoryview]
"""A part of the wide table, and its lines of membership.csv."""


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in the work folder: digest and rows by name, relative to it; `table` is what is read."""

    table: str
    files: dict[str, tuple[str, int]]


@contextmanager
def _csv(work: Path) -> Iterator[Staged]:
    with staged(work / CSV, work / CSV) as csv:
        csv.write(CSV_HEADER)
        yield csv


def write_one_table(batches: Iterable[Batch], work: Path, each: Callable[[pl.DataFrame], None]) -> Written:
    """membership.parquet and membership.csv; `each` is told of every batch as it is made."""
    frames: list[pl.DataFrame] = []
    with _csv(work) as csv, Lane() as lane:
        for table, lines in batches:
            lane.do(csv.write_through, lines)
            frames.append(table)
            each(table)
        with staged(work / PARQUET, work / PARQUET) as whole:
            write_parquet(pl.concat(frames, rechunk=False), whole.write)
        lane.finish()
    rows = sum(frame.height for frame in frames)
    return Written(PARQUET, {PARQUET: (whole.sha256, rows), CSV: (csv.sha256, rows)})


def write_parts(
    membership: Membership,
    work: Path,
    key: str,
    part_rows: int,
    each: Callable[[pl.DataFrame], None],
) -> Written:
    """The dataset of parts and membership.csv, by this process: parts are made while others are written."""
    area = work / key
    make_area(area, list(membership.counts))

    def make(task: PartTask) -> tuple[pl.DataFrame, bytes | memoryview, MadePart]:
        table, lines = membership.table_and_lines(task.part)
        return table, lines, parquet_of(task, table)

    done: list[PartDone] = []
    parts = ahead(make, tasks(membership, area, key, part_rows), threads_for(membership))
    with _csv(work) as csv, closing(parts), Lane() as lines_lane, Lane() as parts_lane:
        for table, lines, part in parts:
            lines_lane.do(csv.write_through, lines)
            parts_lane.do(lambda part: done.append(part.write()), part)
            each(table)
        lines_lane.finish()
        parts_lane.finish()
    return _dataset(area, work, done, csv)


def write_parts_by(
    workers: Workers, membership: Membership, work: Path, key: str, *, part_rows: int, notify: Notify
) -> Written:
    """The same, by workers, which may be on other machines where the folder is shared.

    Their lines of membership.csv are put together here, in order, as they come.
    """
    area = work / key
    make_area(area, list(membership.counts))
    done: dict[int, PartDone] = {}
    plan = lay_down_plan(membership, area)
    todo = {task.number: task for task in tasks(membership, area, key, part_rows, plan)}
    appended = rows = 0
    with _csv(work) as csv, closing(run(make_part, list(todo.values()), workers)) as parts:
        for part in parts:
            done[part.number] = part
            rows += part.rows
            notify(todo[part.number].part.stage, rows, membership.rows)
            while appended in done:
                _append(csv, todo[appended].piece)
                appended += 1
    return _dataset(area, work, [done[number] for number in sorted(done)], csv)


def _append(csv: Staged, piece: Path) -> None:
    with open_binary(piece, piece.parent) as file:
        while block := file.read(READ_SIZE):
            csv.write(block)
    piece.unlink()


def _dataset(area: Path, work: Path, done: list[PartDone], csv: Staged) -> Written:
    (area / DATASET).rename(work / DATASET)
    files: dict[str, tuple[str, int]] = {part.name: (part.sha256, part.rows) for part in done}
    return Written(DATASET, {**files, CSV: (csv.sha256, sum(part.rows for part in done))})
