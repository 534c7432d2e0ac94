"""Small cohorts to build, and builders of them into any store."""

from collections.abc import Sequence
from pathlib import Path

from returns.result import Result

from cohort_membership.load.catalogs import catalog_reader
from cohort_membership.load.local_files import local_file_reader
from cohort_membership.load.spec_bundle import spec_reader
from cohort_membership.membership import BuildReport, BuildRequest
from cohort_membership.pipeline import CohortMembershipBuilder
from cohort_membership.problems import Problems
from cohort_membership.stores.addresses import open_writer

COMBOS = tuple(f"c{number}" for number in range(1, 9))
OLD, NEW = ("c1", "c2"), ("c1", "c2", "c3")
"""The combos of a cohort as it was, and as it is to be: six rows and nine."""


def lay_out(root: Path, *cohorts: str, combos: Sequence[str] = OLD, replicates: int = 1) -> Path:
    """A data root with these cohorts, which differ in nothing but their names."""
    catalogs = {
        "combo_mappings.csv": "combo_id\n" + "".join(f"{combo}\n" for combo in {*COMBOS, *combos}),
        "1_raw/llm_models.csv": "id\nfjord\n",
        "1_raw/draft_templates.csv": "template_id,generator\noutline,llm\n",
        "1_raw/essay_templates.csv": "template_id,generator\nlong,llm\n",
        "1_raw/evaluation_templates.csv": "template_id,generator\nrubric,llm\n",
    }
    numbers = list(range(1, replicates + 1))
    spec = (
        f"axes: {{combo_id: [{', '.join(combos)}], draft_template: [outline], draft_llm: [fjord],"
        " essay_template: [long], essay_llm: [fjord], evaluation_template: [rubric],"
        f" evaluation_llm: [fjord], essay_replicate: {numbers}, evaluation_replicate: {numbers}}}\n"
    )
    files = catalogs | {f"cohorts/{cohort}/spec/config.yaml": spec for cohort in cohorts}
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def builder(root: Path, address: str) -> CohortMembershipBuilder:
    """A builder that reads from a data root and writes to the store at an address."""
    read = local_file_reader(root)
    writer = open_writer(address, lambda *progress: None)
    return CohortMembershipBuilder(spec_reader(read), catalog_reader(read), writer.unwrap())


def build(root: Path, address: str, cohort: str = "alpha", **options: bool) -> Result[BuildReport, Problems]:
    return builder(root, address).build(BuildRequest(cohort, **options))


def codes(result: Result[BuildReport, Problems]) -> list[str]:
    """The codes of the problems; none of a build that went well."""
    return [problem.code for problem in result.swap().value_or(())]
