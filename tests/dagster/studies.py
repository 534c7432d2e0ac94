"""A data root, a code location of two stages on it, and what they ran: for tests of backfills."""

import shutil
from dataclasses import dataclass
from importlib.resources import as_file
from pathlib import Path

import polars as pl

from cohort_membership.example import example_root
from cohort_membership.membership import BuildRequest
from cohort_membership.wiring import local_builder

COHORT = "first-steps"

DEFINITIONS = """
import os
from pathlib import Path

import dagster as dg
from cohort_membership.dagster import CohortMembershipResource, static_generations

ROOT = Path(os.environ["STUDY"])
found = static_generations(CohortMembershipResource(data_root=str(ROOT / "data")))


def work(context: dg.AssetExecutionContext) -> None:
    if (ROOT / "failing").read_text() == context.partition_key:
        raise dg.Failure("the model answered nonsense")
    with (ROOT / "ran").open("a") as log:
        log.write(context.partition_key + "\\n")


@dg.asset(partitions_def=found.partitions["draft"])
def draft(context: dg.AssetExecutionContext) -> None:
    work(context)


@dg.asset(partitions_def=found.partitions["essay"], deps=[found.dep("essay", "draft")])
def essay(context: dg.AssetExecutionContext) -> None:
    work(context)


defs = dg.Definitions([draft, essay], executor=dg.in_process_executor)
"""


@dataclass(frozen=True)
class Study:
    """The folder of a study, with its data root and its definitions."""

    root: Path

    @property
    def definitions(self) -> Path:
        return self.root / "project" / "src" / "study" / "definitions.py"

    def build(self, templates: str) -> pl.DataFrame:
        """Builds the cohort with these draft templates; its drafts and essays."""
        config = self.root / "data" / "cohorts" / COHORT / "spec" / "config.yaml"
        lines = config.read_text().splitlines()
        kept = [f"  draft_template: [{templates}]" if "draft_template:" in line else line for line in lines]
        config.write_text("\n".join(kept) + "\n")
        local_builder(self.root / "data").build_or_raise(BuildRequest(COHORT))
        table = pl.read_parquet(self.root / "data" / "cohorts" / COHORT / "membership.parquet")
        stages = pl.col("stage", "gen_id", "parent_gen_id").cast(pl.String)
        return table.select(stages).filter(pl.col("stage") != "evaluation")

    def fail(self, gen_id: str) -> None:
        (self.root / "failing").write_text(gen_id)

    def ran(self) -> list[str]:
        return (self.root / "ran").read_text().split()


def new_study(root: Path) -> Study:
    """A study with the example's data, laid out as a project of `dg`; its cohort is built."""
    study = Study(root)
    package = study.definitions.parent
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    study.definitions.write_text(DEFINITIONS)
    (root / "project" / "pyproject.toml").write_text(
        '[project]\nname = "study"\nversion = "0"\n\n'
        '[tool.dg]\ndirectory_type = "project"\n\n[tool.dg.project]\nroot_module = "study"\n'
    )
    with as_file(example_root()) as example:
        shutil.copytree(example, root / "data")
    (root / "ran").touch()
    study.fail("")
    study.build("free-association")
    return study
