"""Both kernels, as one parameter: what holds of one holds of the other."""

import pytest

from cohort_membership.identity import bulk


@pytest.fixture(params=["standard", "fast"])
def kernel(request: pytest.FixtureRequest) -> bulk.Kernel:
    if request.param == "standard":
        return bulk.STANDARD
    pytest.importorskip("numba")
    chosen = bulk.choose_kernel(bulk.FAST_FROM_ROWS)
    assert chosen.name == "fast"
    return chosen
