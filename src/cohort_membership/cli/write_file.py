"""A file that a command writes where it is told to: whole, or not there."""

from collections.abc import Iterable
from pathlib import Path

from returns.result import Result, Success

from cohort_membership.problems import Problems, StorageDenied, fail
from cohort_membership.stores.local.durable import staged, sync_folder
from cohort_membership.stores.local.os_errors import as_problem


def write_file(out: Path, texts: Iterable[str]) -> Result[None, Problems]:
    """Replace the file; it can return the storage problems. What the texts raise passes."""
    action = f"write {out}"
    try:
        with staged(out) as file:
            for text in texts:
                file.write(text.encode())
            file.commit()
        sync_folder(out.parent)
    except FileNotFoundError:  # it would not be there the next time either
        return fail(StorageDenied(action=action, reason=f"there is no folder {out.parent}"))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        return fail(as_problem(error if isinstance(error, OSError) else OSError(22, str(error)), action))
    return Success(None)
