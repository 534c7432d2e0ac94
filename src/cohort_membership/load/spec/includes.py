"""Includes: the paths that a spec names with '@file:', and what stands in those files."""

import posixpath
from collections.abc import Callable, Mapping

from returns.result import Failure, Result, Success

from cohort_membership.document import List, Node, described, quoted
from cohort_membership.load.spec.listed import listed
from cohort_membership.load.text.csv import parse_csv
from cohort_membership.load.text.faults import Fault, Faults, as_include_invalid
from cohort_membership.load.text.json import parse_json
from cohort_membership.load.text.tree import Nodes
from cohort_membership.load.text.txt import parse_txt
from cohort_membership.load.text.utf8 import decode_utf8
from cohort_membership.load.text.yaml import parse_yaml
from cohort_membership.ports import ReadFault
from cohort_membership.problems import (
    IncludeInvalid,
    IncludeNotFound,
    IncludeOutsideBundle,
    Location,
    Problem,
    Problems,
    StorageUnavailable,
)
from cohort_membership.rules.lists import Included
from cohort_membership.spec import Levels, Rows

LIMIT = 64 * 2**20
"""The bytes that a file of a spec bundle may have."""

BUNDLE_LIMIT = 4 * LIMIT
"""The bytes that all files of a spec bundle may have together."""


def path_in_bundle(written: str, folder: str) -> str | None:
    """The path relative to the bundle's `folder`, without '.' and '..'; None where it leaves.

    >>> path_in_bundle("items/../judges.csv", "cohorts/demo/spec")
    'judges.csv'
    >>> path_in_bundle("../judges.csv", "cohorts/demo/spec") is None
    True
    """
    path = posixpath.normpath(posixpath.join(folder, written))
    if path == folder:
        return "."
    return path.removeprefix(f"{folder}/") if path.startswith(f"{folder}/") else None


def open_include(
    path: str, folder: str, data: bytes, nodes: Nodes | None = None
) -> Result[Included, Problems]:
    r"""What the bytes of the included file `path` hold; a problem at each fault inside of it.

    `nodes` is what may be read where documents share a budget.

    >>> open_include("judges.txt", "cohorts/demo/spec", b"fjord\n").unwrap().content.texts[0]
    'fjord'
    """
    file, kind = f"{folder}/{path}", extension(path)

    def told(faults: Faults) -> Problems:
        return as_include_invalid(faults, path)

    text = decode_utf8(data, file).alt(told)
    if kind in _TABLES:
        return text.bind(lambda text: _TABLES[kind](text, file, path).alt(told))
    lists = text.bind(
        lambda text: DOCUMENTS[kind](text, file, nodes).bind(lambda root: _as_list(root, file)).alt(told)
    )
    return lists.bind(lambda root: listed(root, path)).map(
        lambda content: Included(path, content, is_nested=_is_nested(content))
    )


def extension(path: str) -> str:
    """The end of the name that tells the format, in lower case.

    >>> extension("items/judges.CSV")
    '.csv'
    """
    return posixpath.splitext(path)[1].lower()


def is_supported(path: str) -> bool:
    """Whether the name tells a format that is read.

    >>> is_supported("judges.csv"), is_supported("judges.xlsx")
    (True, False)
    """
    return extension(path) in {**_TABLES, **DOCUMENTS}


def unsupported(path: str) -> Problem:
    """The problem with an include whose name tells no format that is read. Its place: the reference."""
    expected = f"a file that ends in {', '.join((*_TABLES, *DOCUMENTS))}"
    return IncludeInvalid(include=path, expected=expected, got=quoted(posixpath.basename(path)))


def unread(fault: ReadFault, path: str, folder: str, limit: int = LIMIT) -> Problem:
    """The problem with an include that could not be read, with `limit` as its most bytes.

    Its place: the reference.
    """
    match fault.kind:
        case "missing":
            return IncludeNotFound(include=path)
        case "outside":
            return IncludeOutsideBundle(include=path)
        case "unavailable":
            return StorageUnavailable(action=f"read {folder}/{path}", reason=fault.reason)
        case "too-large":
            expected = "a file of at most 64 MiB" if limit == LIMIT else "files of at most 256 MiB in all"
            return IncludeInvalid(include=path, expected=expected, got=fault.reason)
        case _:  # denied, or no file
            return IncludeInvalid(include=path, expected="a file that can be read", got=fault.reason)


def _from_csv(text: str, file: str, path: str) -> Result[Included, Faults]:
    return parse_csv(text, file).map(lambda table: Included(path, table.content, table.header))


def _from_txt(text: str, file: str, path: str) -> Result[Included, Faults]:
    return parse_txt(text, file).map(lambda levels: Included(path, levels))


def _as_list(root: Node | None, file: str) -> Result[List, Faults]:
    if isinstance(root, List):
        return Success(root)
    return Failure((Fault("a list", described(root), Location(file) if root is None else root.location),))


def _is_nested(content: Levels | Rows | List) -> bool:
    rows = content.rows if isinstance(content, Rows) else ()
    return any(not isinstance(cell, str) for row in rows for cell in row)


_TABLES: Mapping[str, Callable[[str, str, str], Result[Included, Faults]]] = {
    ".csv": _from_csv,
    ".txt": _from_txt,
}

DOCUMENTS: Mapping[str, Callable[[str, str, Nodes | None], Result[Node | None, Faults]]] = {
    ".yaml": parse_yaml,
    ".yml": parse_yaml,
    ".json": parse_json,
}
"""How files are read that are trees of nodes."""
