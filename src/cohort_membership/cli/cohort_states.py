"""The cohorts under a data root, and whether each is built and up to date."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.cli.told import Told, no_cohorts_folder, told
from cohort_membership.ports import CohortSpecReader
from cohort_membership.stores.local import read_manifest
from cohort_membership.stores.os_errors import as_problem
from cohort_membership.wiring import local_builder


@dataclass(frozen=True, slots=True)
class CohortState:
    """`rows` is None where the cohort was never built; `spec_problems` counts what reading it found."""

    cohort_id: str
    rows: int | None
    is_up_to_date: bool
    spec_problems: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "cohort_id": self.cohort_id,
            "built": self.rows is not None,
            "up_to_date": self.is_up_to_date,
            "rows": self.rows,
            "spec_problems": self.spec_problems,
        }


def cohort_states(data_root: Path) -> Result[tuple[CohortState, ...], Told]:
    """Every folder of `cohorts` that holds a spec, by name."""
    cohorts = data_root / "cohorts"
    try:
        if not cohorts.is_dir():
            return Failure(no_cohorts_folder(str(data_root)))
        names = sorted(one.name for one in cohorts.iterdir() if (one / "spec").is_dir())
    except (OSError, ValueError) as error:
        cause = error if isinstance(error, OSError) else OSError(22, str(error))
        return Failure(told(as_problem(cause, f"list the cohorts of {data_root}")))
    read_spec = local_builder(data_root).read_spec
    return Success(tuple(_state(data_root, name, read_spec) for name in names))


def _state(data_root: Path, cohort_id: str, read_spec: CohortSpecReader) -> CohortState:
    manifest = read_manifest(data_root, cohort_id)
    rows = None if manifest is None else _rows(manifest)
    read = read_spec(cohort_id)
    if not is_successful(read):
        return CohortState(cohort_id, rows, is_up_to_date=False, spec_problems=len(read.failure()))
    spec = read.unwrap()
    is_same = rows is not None and manifest is not None and manifest.get("spec_digest") == spec.digest
    return CohortState(
        cohort_id, rows, is_up_to_date=is_same and not spec.problems, spec_problems=len(spec.problems)
    )


def _rows(manifest: Mapping[str, object]) -> int | None:
    counts = manifest.get("counts")
    if not isinstance(counts, dict) or not all(isinstance(count, int) for count in counts.values()):
        return None
    return sum(counts.values())
