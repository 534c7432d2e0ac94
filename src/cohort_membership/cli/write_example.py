"""The example data root, written to a folder: nothing that is there is ever overwritten."""

from collections.abc import Iterator
from contextlib import suppress
from importlib.resources.abc import Traversable
from pathlib import Path

from returns.result import Failure, Result, Success

from cohort_membership.cli.told import Told, folder_in_use, not_a_folder, told
from cohort_membership.example import EXAMPLES, example_root
from cohort_membership.stores.local.os_errors import as_problem

FIRST = "first-steps"
"""The cohort of an example to begin with."""


def write_example(folder: Path, name: str = EXAMPLES[0]) -> Result[tuple[str, ...], Told]:
    """The files of an example written, relative to `folder`, which must be empty or not there yet.

    A failure leaves everything as it was: what had been written is taken away again.
    """
    made: list[Path] = []
    try:
        if folder.exists() and not folder.is_dir():
            return Failure(not_a_folder(str(folder)))
        _make_folder(folder, made)
        if any(folder.iterdir()):
            return Failure(folder_in_use(str(folder)))
        for path, source in _files(example_root(name)):
            target = folder / path
            _make_folder(target.parent, made)
            with target.open("xb") as stream:
                made.append(target)
                stream.write(source.read_bytes())
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        _take_away(made)
        cause = error if isinstance(error, OSError) else OSError(22, str(error))
        return Failure(told(as_problem(cause, f"write the example to {folder}")))
    except BaseException:
        _take_away(made)
        raise
    return Success(tuple(path for path, _ in _files(example_root(name))))


def holds_example(folder: Path) -> bool:
    """Whether the folder is an example written earlier: every file of it is there, edited or not."""
    try:
        return all((folder / path).is_file() for path, _ in _files(example_root()))
    except (OSError, ValueError):
        return False


def _files(folder: Traversable, above: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        path = f"{above}{entry.name}"
        if entry.is_dir():
            yield from _files(entry, f"{path}/")
        else:
            yield path, entry


def _make_folder(folder: Path, made: list[Path]) -> None:
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir()
        made.append(one)


def _take_away(made: list[Path]) -> None:
    for path in reversed(made):
        with suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink()
