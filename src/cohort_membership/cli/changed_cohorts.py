"""Which cohorts a list of changed files is about."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path


def changed_cohorts(files: Iterable[Path], data_root: Path, cohorts: Sequence[str]) -> Sequence[str]:
    """The cohorts, sorted, that have one of the files in their spec's folder.

    `cohorts` are all that have a spec: all of them are meant where a file lies elsewhere in the data root,
    since an experiment or a catalog may concern every one; but not where a build or a worker has written it.
    Files outside the data root concern none, and neither does what is left of a cohort that was deleted.

    >>> some = ["README.md", "data/cohorts/a/spec/items/x.csv", "data/gens/answer/a_1/raw.txt"]
    >>> changed_cohorts(map(Path, some), Path("data"), ["a", "b"])
    ['a']
    >>> changed_cohorts([Path("data/questions.csv")], Path("data"), ["a", "b"])
    ['a', 'b']
    """
    found: set[str] = set()
    for file, parts in _inside(files, data_root):
        match parts:
            case ("cohorts", cohort, "spec", *_):
                if cohort in cohorts or file.exists():
                    found.add(cohort)
            case ("cohorts" | "gens", *_):
                pass
            case _:
                found.update(cohorts)
    return sorted(found)


def _inside(files: Iterable[Path], data_root: Path) -> Iterator[tuple[Path, Sequence[str]]]:
    home = data_root.resolve()
    for file in files:
        if file.resolve().is_relative_to(home):
            yield file, file.resolve().relative_to(home).parts
