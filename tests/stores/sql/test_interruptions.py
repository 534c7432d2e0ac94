"""A build killed at any call of the database leaves the old membership, and the next completes it."""

import time
from pathlib import Path

import pytest

from tests.stores.children import Kill, kill_points, start
from tests.stores.cohorts import NEW, build, codes, lay_out
from tests.stores.sql.tables import Tables
from tests.stores.sweep import share

TRACED = tuple(
    f"cohort_membership.stores.sql.session:Session.{name}"
    for name in ("run", "rows", "ingest", "ingest_temporary", "close")
)


@pytest.mark.parametrize("existing", [True, False], ids=["over-an-old-one", "first"])
def test_a_build_killed_at_any_call_is_completed_by_the_next(
    tables: Tables, root: Path, existing: bool
) -> None:
    def begin() -> None:
        tables.clear()
        if existing:
            lay_out(root, "alpha")
            build(root, tables.address).unwrap()
        lay_out(root, "alpha", combos=NEW)

    begin()
    old = tables.contents()
    whole = start(root, tables.address, kill=Kill(TRACED))
    assert whole.codes() == []
    new = tables.contents()
    all_points = list(kill_points(whole.calls))
    points = share(all_points, 5 if existing else 3)
    for number, after in points:
        begin()
        assert start(root, tables.address, kill=Kill(TRACED, number, after)).codes() is None
        seen = tables.contents()
        assert seen in (new, old) or not any(seen.values()), (number, whole.calls[number])
        rebuilt(root, tables)
        assert tables.contents() == new, (number, whole.calls[number])
    print(f"\n{tables.name}: {len(points)} points of interruption of {len(all_points)}")


def rebuilt(root: Path, tables: Tables) -> None:
    """Build; a server may take a moment to notice that a client has died, and to let go of its lock."""
    for _ in range(50):
        result = build(root, tables.address)
        if codes(result) != ["cohort-locked"]:
            break
        time.sleep(0.1)
    result.unwrap()
