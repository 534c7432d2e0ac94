"""Data roots of several experiments: a suite that uses `laid` holds for each of them."""

from pathlib import Path

import pytest

from tests.stores.cohorts import KINDS, Laid, lay_out


@pytest.fixture(params=KINDS, ids=str)
def laid(request: pytest.FixtureRequest, tmp_path: Path) -> Laid:
    """A data root with the cohort alpha as it was, of one experiment after the other."""
    return Laid(lay_out(tmp_path / "root", "alpha", kind=request.param), request.param)
