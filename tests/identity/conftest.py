"""Both kernels, as one parameter: what holds of one holds of the other."""

import pytest

from cohort_membership.identity import bulk


@pytest.fixture(params=["standard", "fast"])
def kernel(request: pytest.FixtureRequest) -> bulk.Kernel:
    if request.param == "standard":
        return bulk.STANDARD
    if bulk.FAST is None:
        pytest.skip("built without a C compiler")
    return bulk.FAST
