"""The default edges put together: a builder over a data root on the local disk."""

from pathlib import Path

from cohort_membership.load.catalogs import catalog_reader
from cohort_membership.load.local_files import local_file_reader
from cohort_membership.load.spec_bundle import spec_reader
from cohort_membership.pipeline import CohortMembershipBuilder
from cohort_membership.ports import Notify
from cohort_membership.stores.local import LocalStore, silent


def local_builder(data_root: Path, notify: Notify = silent) -> CohortMembershipBuilder:
    """A builder that reads specs and catalogs from `data_root` and writes memberships there."""
    read = local_file_reader(data_root)
    return CohortMembershipBuilder(
        read_spec=spec_reader(read),
        read_catalogs=catalog_reader(read),
        write=LocalStore(data_root, notify),
    )
