"""The compiled kernel alone: threads, and a machine where nothing can be written."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")

import cohort_membership
from cohort_membership.identity import fast
from cohort_membership.identity.bulk import FAST_FROM_ROWS, bulk_ids, choose_kernel


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 1000])
def test_threads_make_the_same_ids(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(fast, "THREAD_ROWS", 64)
    kernel = choose_kernel(FAST_FROM_ROWS)
    heads, tails = [b"combo-%d" % n for n in range(7)], [b"|template-%d|1" % n for n in range(150)]
    batch = (heads, tails, np.arange(rows) % 7, np.arange(rows) % 150)
    one, two = (bulk_ids("d_", *batch, kernel=kernel, threads=threads) for threads in (1, 2))
    assert one.tolist() == two.tolist()


def test_a_place_where_nothing_can_be_written_only_costs_the_cache(tmp_path: Path) -> None:
    """A file where each cache folder would be keeps even root from writing there."""
    home = Path(cohort_membership.__file__).parent
    copy = tmp_path / "site" / "cohort_membership"
    shutil.copytree(home / "identity", copy / "identity", ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "__init__.py").touch()
    (copy / "identity" / "__pycache__").touch()
    (tmp_path / "file").touch()
    nowhere = str(tmp_path / "file" / "cache")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA")}
    environment |= {"PYTHONPATH": str(tmp_path / "site"), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"HOME": nowhere, "XDG_CACHE_HOME": nowhere, "NUMBA_CACHE_DIR": ""}
    code = """
import numpy as np
from cohort_membership.identity import fast
assert fast.write_lines._cache.cache_path is None
print(bytes(fast.make_lines("draft", np.array([b"d_1z"], "S18"))), fast.__file__)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"b'draft,d_1z\\n' {copy / 'identity' / 'fast.py'}"
