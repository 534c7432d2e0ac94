"""EDGE: a cohort as a value in a notebook or a script: its tables, for a few lines of polars.

What the commands after a build say, as tables: the same functions (`follow`) over the same edges.
"""

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TypeVar

import polars as pl
from returns.pipeline import is_successful
from returns.result import Result

from cohort_membership.follow.edges import Followed, open_followed
from cohort_membership.follow.frames import lazy_table, schema_of, whole_batches
from cohort_membership.follow.next_rows import next_rows
from cohort_membership.follow.plan import plan
from cohort_membership.follow.rows import built_rows, must_be_built
from cohort_membership.follow.status import status
from cohort_membership.life.lineage import lineage
from cohort_membership.life.planned import PlannedChange
from cohort_membership.life.runnable import Wanted
from cohort_membership.life.shards import Shard
from cohort_membership.life.states import STATES, with_states
from cohort_membership.membership import is_cohort_id
from cohort_membership.problems import CohortRejected, InvalidCohortId, Problems, plain_text

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Cohort:
    """A cohort of a data root: it reads anew at each call, so that it tells how things are now.

    `store` is the address of its membership where that is not in the data root. What cannot be done raises
    `CohortRejected` with every problem. In Jupyter it shows how far the cohort is, or what a
    first build would make.
    """

    data_root: str
    cohort_id: str
    store: str | None = None

    def plan(self, seed: int | None = None) -> pl.DataFrame:
        """What a build would change now, a row for each stage.

        Columns: `stage` (String), `rows`, `new`, `kept`, `gone`, `reused` and `done` (Int64), as the command
        `plan` gives them. It can raise any problem of a build before it writes.
        """
        stages = self._planned(seed).stages
        return _by_stage({name: dict(one) for name, one in stages.items()})

    def changes(self, seed: int | None = None) -> pl.DataFrame:
        """The levels that a build would add or remove, with the generations that carry them.

        Columns: `axis`, `level`, `change` (`added` or `removed`) and `stage` (String), `generations` (Int64):
        how many new (gone) ones of the stage carry the level. It can raise what `plan` can.
        """
        rows = [
            (one.axis, one.level, "added" if one.is_added else "removed", stage, count)
            for one in self._planned(seed).compared.changes
            for stage, count in one.stages.items()
        ]
        names = ("axis", "level", "change", "stage")
        return pl.DataFrame(
            rows, schema={**dict.fromkeys(names, pl.String), "generations": pl.Int64}, orient="row"
        )

    def frame(self) -> pl.LazyFrame:
        """The wide table of the built cohort, read when it is collected, and only the columns needed.

        Columns are those of membership.parquet: String, `replicate` Int32, null where a stage has no such
        column. It can raise `spec-not-found`, `artifact-corrupt` (not built, or damaged) and the storage
        problems, now or when it is collected.
        """
        followed = self._opened()
        _or_raise(must_be_built(followed, self.cohort_id))
        return lazy_table(followed.reader, self.cohort_id, followed.experiment)

    def states(self) -> pl.DataFrame:
        """What has come of each generation of the built cohort, in the order of the membership.

        Columns: `stage` and `gen_id` (String), `state` (Enum: `done`, `failed`, `ready`, `blocked`). It can
        raise what `frame` can, and what reading results can.
        """
        followed = self._opened()
        outcomes = _or_raise(followed.results.outcomes(followed.experiment))
        rows = _or_raise(built_rows(followed, self.cohort_id, ("stage", "gen_id", "parent_gen_id")))
        columns = ("stage", "gen_id", "state")
        found = [with_states(batch, outcomes).select(columns) for batch in whole_batches(rows)]
        schema = {"stage": pl.String(), "gen_id": pl.String(), "state": pl.Enum(STATES)}
        return pl.concat([pl.DataFrame(schema=schema), *found])

    def lineage(self) -> pl.DataFrame:
        """A wide row for each generation of a last stage, with the levels of all its ancestors.

        Columns: `stage` and `gen_id` of the last generation, the ids of its ancestors (`answer_gen_id`), then
        a column for each axis (`question_id`, `answer_llm`, `verdict_template`): String, replicates Int32.
        It can raise what `frame` can.
        """
        return lineage(self.frame().drop("origin_cohort_id").collect(), self._opened().experiment)

    def next(
        self,
        stage: str | None = None,
        *,
        shard: tuple[int, int] | None = None,
        limit: int | None = None,
        retry_failed: bool = False,
    ) -> pl.DataFrame:
        """The generations that can run now, in the order of the membership; nothing is marked as taken.

        `shard` (2, 3) are those of the second of three workers: told by ids, so that they need not agree on
        anything. Columns: those of `frame`, then `folder` and `parent_folder` (null for a first stage) for
        result files, and `template` (the path of its text, or null), relative to the data root. It can raise
        what `states` can; a stage or a shard that there is not is a ValueError.
        """
        followed = self._opened()
        stages = followed.experiment.by_name
        if stage is not None and stage not in stages:
            raise ValueError(f"there is no stage {stage!r}: the stages are {', '.join(stages)}")
        if shard is not None and not 1 <= shard[0] <= shard[1]:
            raise ValueError(f"there is no shard {shard[0]} of {shard[1]}: they are numbered from 1")
        if limit is not None and limit < 0:
            raise ValueError(f"the limit is {limit}: it must not be below 0")
        wanted = Wanted(stage, None if shard is None else Shard(*shard), limit, retry_failed)
        schema = {
            **schema_of(followed.experiment),
            **dict.fromkeys(("folder", "parent_folder", "template"), pl.String()),
        }
        found = whole_batches(_or_raise(next_rows(followed, self.cohort_id, wanted)))
        return pl.concat([pl.DataFrame(schema=schema), *found], how="diagonal")

    def _repr_html_(self) -> str:
        """The cohort as Jupyter shows it."""
        title = f"<p><b>{escape(self.cohort_id)}</b> in {escape(self.data_root)}"
        try:
            followed = self._opened()
            if is_successful(must_be_built(followed, self.cohort_id)):
                found = _or_raise(status(followed, self.cohort_id))
                table = _by_stage({name: one.as_json() for name, one in found.stages.items()})
                return f"{title}: {'complete' if found.is_complete else 'not complete'}</p>{_html(table)}"
            return f"{title}: not built; a build would make</p>{_html(self.plan())}"
        except CohortRejected as rejected:
            return f"{title}</p><pre>{escape(plain_text(rejected.problems))}</pre>"

    def _planned(self, seed: int | None) -> PlannedChange:
        return _or_raise(plan(self._opened(), self.cohort_id, seed))[0]

    def _opened(self) -> Followed:
        return _or_raise(open_followed(self.data_root, self.store))


def open_cohort(data_root: str | Path, cohort_id: str, store: str | None = None) -> Cohort:
    """A cohort of a data root, built or not, for a notebook or a script.

    `data_root` and `store` are paths or addresses of stores. It raises `CohortRejected` where there is no
    such cohort (`spec-not-found`, with the nearest name; `invalid-cohort-id`), and with what keeps one from
    looking.

    >>> try:
    ...     open_cohort("nowhere", "pilot")
    ... except CohortRejected as rejected:
    ...     print(rejected.problems[0].code)
    spec-not-found
    """
    cohort = Cohort(str(data_root), cohort_id, store)
    if not is_cohort_id(cohort_id):
        raise CohortRejected((InvalidCohortId(cohort_id=cohort_id),))
    followed = cohort._opened()
    if _or_raise(followed.reader.manifest(cohort_id)) is None:
        _or_raise(followed.builder.read_spec(cohort_id))
    return cohort


def _or_raise(result: Result[_T, Problems]) -> _T:
    if is_successful(result):
        return result.unwrap()
    raise CohortRejected(result.failure())


def _by_stage(stages: dict[str, dict[str, int]]) -> pl.DataFrame:
    return pl.DataFrame([{"stage": name, **counts} for name, counts in stages.items()])


def _html(table: pl.DataFrame) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in table.columns)
    rows = (
        "".join(f"<td>{escape(f'{one:,}' if isinstance(one, int) else str(one))}</td>" for one in row)
        for row in table.iter_rows()
    )
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
