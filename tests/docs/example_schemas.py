"""The schemas that stand in the examples: those that `schema` gives there."""

from collections.abc import Iterator
from pathlib import Path

from cohort_membership.example import example_root
from cohort_membership.json_schema import schema_text
from cohort_membership.load.experiment.schema import experiment_schema
from cohort_membership.spec_schema import spec_schema
from cohort_membership.wiring import open_catalogs


def schemas_of_example(name: str) -> Iterator[tuple[Path, str]]:
    """Each file with its text."""
    root = Path(str(example_root(name)))
    yield root / "spec.schema.json", schema_text(spec_schema(open_catalogs(str(root)).unwrap()))
    if (root / "experiment.yaml").exists():
        yield root / "experiment.schema.json", schema_text(experiment_schema())
