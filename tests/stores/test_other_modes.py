"""A template whose mode changed in the catalog: a build into any store says how many seeds record another."""

from pathlib import Path

import pytest

from cohort_membership.membership import BuildRequest
from cohort_membership.wiring import open_builder
from tests.stores.cohorts import NEW, lay_out

ADDRESSES = {"files": "{}/store", "delta": "delta+{}/lake", "sqlite": "sqlite:///{}/cohorts.db"}


@pytest.mark.parametrize("kind", ADDRESSES)
def test_seeds_stay_and_are_counted_where_the_catalog_has_another_mode(tmp_path: Path, kind: str) -> None:
    root = lay_out(tmp_path / "root", "alpha", combos=NEW)
    address = ADDRESSES[kind].format(tmp_path)
    builder = open_builder(str(root), address).unwrap()
    first = builder.build(BuildRequest("alpha")).unwrap()
    (root / "1_raw/draft_templates.csv").write_text("template_id,generator\noutline,copy\n")
    notice = (
        "draft template 'outline': the metadata of 3 generations records mode 'llm', "
        "and the catalog says 'copy'"
    )
    assert notice not in first.notices
    for dry_run in (True, False, False, True):
        report = builder.build(BuildRequest("alpha", dry_run=dry_run)).unwrap()
        assert notice in report.notices
        assert (report.seeded, report.reused) == (0, 9)
