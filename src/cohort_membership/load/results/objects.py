"""EDGE: results in a data root in an object store: one listing a stage tells the marks and their sizes."""

import fnmatch
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import obstore
import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.experiment import Experiment
from cohort_membership.life.outcomes import MARKS, Outcomes, outcomes_of_rows
from cohort_membership.load.files.objects import Classify
from cohort_membership.load.results.names import is_generation
from cohort_membership.load.results.text import NO_ROWS, parse_results
from cohort_membership.problems import Location, Problem, Problems, StorageDenied, StorageUnavailable
from cohort_membership.results import Results


@dataclass(frozen=True, slots=True)
class ObjectResults:
    """What workers have left below a prefix (see `ports.ResultsReader`).

    >>> from obstore.store import MemoryStore
    >>> from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
    >>> objects = MemoryStore()
    >>> _ = objects.put(f"gens/{DRAFT_ESSAY_EVALUATION.stages[0].name}/d_1/parsed.txt", b"a text")
    >>> read = ObjectResults(objects, lambda error: ("unavailable", str(error)))
    >>> read.outcomes(DRAFT_ESSAY_EVALUATION).unwrap().marks.rows()
    [('d_1', True)]
    """

    objects: Any
    classify: Classify

    def outcomes(
        self, experiment: Experiment, /, among: Collection[str] | None = None
    ) -> Result[Outcomes, Problems]:
        results = experiment.results
        if results.table is not None:
            return self._of_table(results, results.table)
        done: set[str] = set()
        failed: set[str] = set()
        for stage in experiment.stages:
            place = f"gens/{stage.name}"
            try:
                asked = () if among is None else (one for one in among if is_generation(one, stage))
                homes = [place] if among is None else [f"{place}/{one}" for one in asked]
                for path, size in chain.from_iterable(map(self._listed, homes)):
                    gen_id, _, mark = path.removeprefix(f"{place}/").partition("/")
                    if size and gen_id.startswith(stage.id_prefix):
                        if mark in results.done:
                            done.add(gen_id)
                        elif mark in results.failed:
                            failed.add(gen_id)
            except Exception as error:  # obstore's errors have no parent of their own
                return Failure((self._unread(error, place),))
        ids = [*sorted(done), *sorted(failed - done)]
        is_done = [True] * len(done) + [False] * (len(ids) - len(done))
        return Success(Outcomes(pl.DataFrame({"gen_id": ids, "is_done": is_done}, schema=MARKS)))

    def folders(self, experiment: Experiment, /) -> Result[Mapping[str, pl.Series], Problems]:
        found: dict[str, pl.Series] = {}
        for stage in experiment.stages:
            place = f"gens/{stage.name}"
            try:
                ids = {path.removeprefix(f"{place}/").partition("/")[0] for path, _ in self._listed(place)}
            except Exception as error:
                return Failure((self._unread(error, place),))
            own = sorted(one for one in ids if one.startswith(stage.id_prefix))
            found[stage.name] = pl.Series("gen_id", own, dtype=pl.String)
        return Success(found)

    def _of_table(self, results: Results, table: str) -> Result[Outcomes, Problems]:
        fixed = table[: min((table.find(mark) for mark in "*?[" if mark in table), default=len(table))]
        problems: list[Problem] = []
        parts, unread, place = [NO_ROWS], 0, table
        try:
            listed = sorted(path for path, _ in self._listed(fixed.rpartition("/")[0]))
            for path in (path for path in listed if _is_meant(path, table)):
                place = path
                parsed = parse_results(bytes(obstore.get(self.objects, path).bytes()), path, results)
                if is_successful(parsed):
                    rows, bad = parsed.unwrap()
                    parts.append(rows)
                    unread += bad
                else:
                    problems += parsed.failure()
        except Exception as error:
            problems.append(self._unread(error, place))
        if problems:
            return Failure(tuple(problems))
        return Success(
            outcomes_of_rows(pl.concat(parts, how="diagonal"), results.done, results.failed, unread)
        )

    def _listed(self, folder: str) -> Iterator[tuple[str, int]]:
        for chunk in obstore.list(self.objects, folder or None, chunk_size=10_000):
            for one in chunk:
                yield one["path"], one["size"]

    def _unread(self, error: Exception, place: str) -> Problem:
        kind, reason = self.classify(error)
        problem = StorageDenied if kind == "denied" else StorageUnavailable
        return problem(location=Location(place), action=f"read results from {place}", reason=reason)


def _is_meant(path: str, table: str) -> bool:
    """Whether a path is one that a glob means; '*' stays within a folder."""
    parts, wanted = path.split("/"), table.split("/")
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))
