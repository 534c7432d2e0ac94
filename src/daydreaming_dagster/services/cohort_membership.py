"""`CohortMembershipBuilder`, wired to the DayDreaming data root."""

import os
import shutil
import tempfile
from importlib.resources import as_file
from pathlib import Path

from cohort_membership.dagster import CohortMembershipResource
from cohort_membership.example import example_root
from cohort_membership.pipeline import CohortMembershipBuilder
from cohort_membership.ports import Notify
from cohort_membership.stores.local.store import silent

DATA_ROOT = "DAYDREAMING_DATA_ROOT"
"""The variable that names the data root. Without it the example data is used, in a copy of the user's."""


def data_root() -> Path:
    """The DayDreaming data root; the example's copy is made when it is first asked for."""
    given = os.environ.get(DATA_ROOT)
    return Path(given).absolute() if given else _example_copy(_user_data_folder() / "daydreaming" / "example")


def cohort_membership_resource() -> CohortMembershipResource:
    """What the assets use."""
    return CohortMembershipResource(data_root=str(data_root()))


def cohort_membership_builder(notify: Notify = silent) -> CohortMembershipBuilder:
    """The builder itself, for scripts and notebooks."""
    return cohort_membership_resource().builder(notify)


def _user_data_folder() -> Path:
    """Where programs keep a user's data (XDG Base Directory Specification)."""
    given = os.environ.get("XDG_DATA_HOME", "")
    return Path(given) if Path(given).is_absolute() else Path.home() / ".local" / "share"


def _example_copy(folder: Path) -> Path:
    """A copy of the example data root: package data must not be written.

    Dagster starts several processes, each of which may be the first; so the copy is made aside and
    renamed, and whoever comes second uses the first one's.
    """
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as aside, as_file(example_root()) as example:
            whole = shutil.copytree(example, Path(aside) / "data")
            try:
                whole.rename(folder)
            except OSError:
                if not folder.exists():
                    raise
    return folder
