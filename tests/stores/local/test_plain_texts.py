"""What is read of memberships joins tables of any other source, and stands below any other cohort's."""

import errno
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cohort_membership.generate import generate
from cohort_membership.membership import BuildRequest
from cohort_membership.stores.local.parts import parquet, write_parquet
from cohort_membership.stores.local.read import read_membership
from cohort_membership.wiring import local_builder
from tests.stores.cohorts import NEW, OLD, lay_out
from tests.stores.local.local_cohorts import PARTED, build

COHORTS = {"old": OLD, "new": NEW}


def of_parquet(root: Path, cohort: str) -> pl.LazyFrame:
    build(root, cohort).unwrap()
    return pl.scan_parquet(root / f"cohorts/{cohort}/membership.parquet")


def of_parts(root: Path, cohort: str) -> pl.LazyFrame:
    build(root, cohort, store=PARTED).unwrap()
    return pl.scan_parquet(root / f"cohorts/{cohort}/membership")


def of_reading(root: Path, cohort: str) -> pl.LazyFrame:
    build(root, cohort).unwrap()
    with read_membership(root, cohort).unwrap() as found:
        return found.table


def of_generating(root: Path, cohort: str) -> pl.LazyFrame:
    return generate(local_builder(root).plan(BuildRequest(cohort)).unwrap()).frame().lazy()


@pytest.mark.parametrize("read", [of_parquet, of_parts, of_reading, of_generating])
def test_two_cohorts_stand_below_each_other_and_join_a_catalog_of_plain_text(
    tmp_path: Path, read: Callable[[Path, str], pl.LazyFrame]
) -> None:
    for cohort, combos in COHORTS.items():
        lay_out(tmp_path, cohort, combos=combos)
    both = pl.concat([read(tmp_path, cohort) for cohort in COHORTS])
    texts = dict.fromkeys(both.collect_schema().names(), pl.String)
    assert both.collect_schema() == pl.Schema({**texts, "replicate": pl.Int32})
    assert both.collect().height == 3 * (len(OLD) + len(NEW))
    catalog = pl.DataFrame({"combo_id": ["c3", "c1"], "topic": ["tides", "bees"]})
    joined = both.join(catalog.lazy(), on="combo_id").sort("origin_cohort_id", "topic", maintain_order=True)
    assert joined.select("origin_cohort_id", "topic").collect().unique(maintain_order=True).rows() == [
        ("new", "bees"),
        ("new", "tides"),
        ("old", "bees"),
    ]


def test_a_scan_of_two_cohorts_files_reads_them_as_one_table(tmp_path: Path) -> None:
    for cohort, combos in COHORTS.items():
        build(lay_out(tmp_path, cohort, combos=combos), cohort).unwrap()
    files = [tmp_path / f"cohorts/{cohort}/membership.parquet" for cohort in COHORTS]
    assert_frame_equal(pl.scan_parquet(files).collect(), pl.concat(map(pl.read_parquet, files)))


def test_an_enum_is_written_as_the_bytes_of_its_dictionary_and_read_as_text() -> None:
    rows = pl.DataFrame({"stage": ["draft", "essay"] * 1_000}, schema={"stage": pl.Enum(["draft", "essay"])})
    data = bytes(parquet(rows))
    assert pl.read_parquet(data).equals(rows.cast(pl.String))
    assert len(data) < 2_000
    assert pl.read_parquet_metadata(data).keys() == {"ARROW:schema"}


def test_an_error_of_the_file_is_raised_as_it_is() -> None:
    full = OSError(errno.ENOSPC, "no space left")

    def write(_: bytes) -> None:
        raise full

    with pytest.raises(OSError, match="no space left") as raised:
        write_parquet(pl.DataFrame({"stage": ["draft"]}), write)
    assert raised.value is full
