"""A file written into the folder of a cohort's spec: whole or not at all, and never outside of it."""

import os
from pathlib import Path

from returns.result import Failure, Result, Success

from cohort_membership.cli.told import Told, told
from cohort_membership.load.spec.bundle import spec_folder
from cohort_membership.stores.local.durable import make_folder, remove_folders, staged, sync_folder
from cohort_membership.stores.local.os_errors import as_problem


def write_into_bundle(
    data_root: Path, cohort: str, name: str, content: bytes, *, force: bool
) -> Result[Path, Told]:
    """The file's path relative to the data root. A file that is there is replaced with `force` only."""
    bundle = data_root / spec_folder(cohort)
    target = bundle / name
    made: list[Path] = []
    try:
        home = Path(os.path.realpath(target.parent))
        if not home.is_relative_to(os.path.realpath(bundle)) or target.suffix.lower() != ".csv":
            return Failure(_not_in_the_bundle(name, bundle))
        made = make_folder(home)
        with staged(home / target.name) as file:
            file.write(content)
            if force:
                file.commit()
            else:
                file.path.hardlink_to(file.temporary)  # unlike a rename, this fails where the name is taken
                file.temporary.unlink()
        sync_folder(home)
    except FileExistsError:
        return Failure(_is_there(target))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        remove_folders(made)
        cause = error if isinstance(error, OSError) else OSError(22, str(error))
        return Failure(told(as_problem(cause, f"write {target}")))
    return Success((home / target.name).relative_to(os.path.realpath(data_root)))


def _not_in_the_bundle(name: str, bundle: Path) -> Told:
    return Told(
        "storage-denied",
        f"storage: {name!r} is no .csv file inside {bundle}",
        hint="give a path below the spec's folder, such as items/cover.csv",
    )


def _is_there(path: Path) -> Told:
    return Told(
        "storage-denied",
        f"storage: {path} is there already",
        hint="give another name with --out, or --force to replace it",
    )
