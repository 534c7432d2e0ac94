"""A million rows into PostgreSQL at no less than half the speed of a bare COPY of the same rows.

Only with COHORT_SWEEP=1: it takes a minute, and a machine that does nothing else.
"""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import adbc_driver_postgresql.dbapi
import pytest

from cohort_membership.generate import generate
from cohort_membership.membership import BuildRequest, Membership
from cohort_membership.stores.sql.wide_rows import digest_for, stored_batches
from tests.stores.cohorts import builder, lay_out
from tests.stores.sql.tables import PostgresTables
from tests.stores.sweep import FULL

COLUMNS = (
    "position bigint, stage text, gen_id text, origin_cohort_id text, parent_gen_id text, combo_id text,"
    " template_id text, llm_model_id text, replicate integer"
)


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@pytest.mark.skipif(not FULL, reason="a sweep: COHORT_SWEEP=1")
def test_a_million_rows_are_loaded_at_half_the_speed_of_a_bare_copy(
    postgres: PostgresTables, tmp_path: Path
) -> None:
    root = lay_out(tmp_path / "root", "alpha", replicates=706)
    one = builder(root, postgres.address)
    request = BuildRequest("alpha", seed_metadata=False)
    plan = one.plan(request).unwrap()

    def membership() -> Membership:
        return generate(plan)

    rows = list(stored_batches(membership(), digest_for(plan)))

    def bare() -> None:
        with (
            adbc_driver_postgresql.dbapi.connect(postgres.address) as connection,
            connection.cursor() as cursor,
        ):
            for batch in rows:
                cursor.adbc_ingest("bare", batch, mode="append")
            connection.commit()

    ratios = []
    for _ in range(5):
        postgres.run("DROP TABLE IF EXISTS bare", f"CREATE TABLE bare ({COLUMNS})")
        postgres.clear()
        copied = seconds(bare)
        built = seconds(lambda: one.write(membership(), request).unwrap())
        ratios.append(copied / built)
        print(f"\n{plan.rows:,} rows: bare COPY {copied:.2f} s, the store {built:.2f} s, with generation")
    print(f"median: {median(ratios):.2f} of the speed of a bare COPY")
    assert median(ratios) >= 0.5
