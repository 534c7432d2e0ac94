"""Cohorts on a local disk, built by a store with small sizes, so that a few rows make many parts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from returns.result import Result

from cohort_membership.membership import BuildReport, BuildRequest
from cohort_membership.pipeline import CohortMembershipBuilder
from cohort_membership.problems import Problems
from cohort_membership.stores.local.store import LocalStore
from cohort_membership.wiring import local_builder
from tests.case_folders import contents
from tests.stores import cohorts as stores_cohorts
from tests.stores.cohorts import OLD

PARTED: dict[str, Any] = {"single_rows": 0, "part_rows": 2}
"""A store's sizes by which two rows are a part."""


def lay_out(root: Path, *cohorts: str, combos: Sequence[str] = OLD, replicates: int = 1) -> Path:
    """A data root with these cohorts: a draft and an essay a combo, and `replicates` evaluations."""
    stores_cohorts.lay_out(root, *cohorts, combos=combos)
    for cohort in cohorts:
        path = root / "cohorts" / cohort / "spec/config.yaml"
        text = path.read_text(encoding="utf-8")
        numbers = list(range(1, replicates + 1))
        path.write_text(text.replace("evaluation_replicate: [1]", f"evaluation_replicate: {numbers}"))
    return root


def local(root: Path, **store: Any) -> CohortMembershipBuilder:
    """A builder over a data root, with a store of these settings."""
    standard = local_builder(root)
    return CohortMembershipBuilder(standard.read_spec, standard.read_catalogs, LocalStore(root, **store))


def build(
    root: Path, cohort: str = "alpha", *, store: Any = (), **request: Any
) -> Result[BuildReport, Problems]:
    return local(root, **dict(store)).build(BuildRequest(cohort, **request))


def artifacts_of(root: Path, cohort: str = "alpha") -> dict[str, bytes | str]:
    """Every file of the cohort's folder but its spec, with its bytes."""
    folder = root / "cohorts" / cohort
    return {name: data for name, data in contents(folder).items() if not name.startswith("spec")}


def seeds_of(root: Path) -> dict[str, bytes | str]:
    """Every file and folder under gens/."""
    return contents(root / "gens") if (root / "gens").exists() else {}
