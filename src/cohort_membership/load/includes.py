"""Includes: the paths that a spec names with '@file:', and what stands in those files."""

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from returns.result import Failure, Result, Success

from cohort_membership.load.csv_text import parse_csv
from cohort_membership.load.faults import Fault, Faults, as_include_invalid, quoted
from cohort_membership.load.json_text import parse_json
from cohort_membership.load.txt_text import parse_txt
from cohort_membership.load.utf8_text import decode_utf8
from cohort_membership.load.yaml_text import parse_yaml
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
from cohort_membership.spec import Levels, List, Node, Rows, Scalar

PREFIX = "@file:"
LIMIT = 64 * 2**20
"""The bytes that a file of a spec bundle may have."""


@dataclass(frozen=True, slots=True)
class Included:
    """What an included file holds. `path` is relative to the bundle, and names it in problems.

    `header` are the names of a CSV file's columns.
    """

    path: str
    content: Levels | Rows | List
    header: tuple[str, ...] = ()


def reference(node: Node) -> str | None:
    """The path that the node includes, as written; None if it is no include.

    >>> reference(Scalar("@file:items/judges.csv"))
    'items/judges.csv'
    """
    if not isinstance(node, Scalar) or node.is_null or not node.text.strip().startswith(PREFIX):
        return None
    return node.text.strip().removeprefix(PREFIX).strip()


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


def open_include(path: str, folder: str, data: bytes) -> Result[Included, Problems]:
    r"""What the bytes of the included file `path` hold; a problem at each fault inside of it.

    >>> open_include("judges.txt", "cohorts/demo/spec", b"fjord\n").unwrap().content.texts
    ('fjord',)
    """
    file = f"{folder}/{path}"
    parse = _PARSERS[extension(path)]
    return (
        decode_utf8(data, file)
        .bind(lambda text: parse(text, file, path))
        .alt(lambda faults: as_include_invalid(faults, path))
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
    return extension(path) in _PARSERS


def unsupported(path: str) -> Problem:
    """The problem with an include whose name tells no format that is read. Its place: the reference."""
    expected = f"a file that ends in {', '.join(_PARSERS)}"
    return IncludeInvalid(include=path, expected=expected, got=quoted(posixpath.basename(path)))


def unread(fault: ReadFault, path: str, folder: str) -> Problem:
    """The problem with an include that could not be read. Its place: the reference."""
    match fault.kind:
        case "missing":
            return IncludeNotFound(include=path)
        case "outside":
            return IncludeOutsideBundle(include=path)
        case "unavailable":
            return StorageUnavailable(action=f"read {folder}/{path}", reason=fault.reason)
        case "too-large":
            return IncludeInvalid(include=path, expected="a file of at most 64 MiB", got=fault.reason)
        case _:  # denied, or no file
            return IncludeInvalid(include=path, expected="a file that can be read", got=fault.reason)


def _from_csv(text: str, file: str, path: str) -> Result[Included, Faults]:
    return parse_csv(text, file).map(lambda table: Included(path, table.content, table.header))


def _from_txt(text: str, file: str, path: str) -> Result[Included, Faults]:
    return parse_txt(text, file).map(lambda levels: Included(path, levels))


def _from_yaml(text: str, file: str, path: str) -> Result[Included, Faults]:
    return parse_yaml(text, file).bind(lambda root: _list_of(root, file, path))


def _from_json(text: str, file: str, path: str) -> Result[Included, Faults]:
    return parse_json(text, file).bind(lambda root: _list_of(root, file, path))


def _list_of(root: Node | None, file: str, path: str) -> Result[Included, Faults]:
    if isinstance(root, List):
        return Success(Included(path, root))
    at = Location(file) if root is None else root.location
    return Failure((Fault("a list", described(root), at),))


def described(node: Node | None) -> str:
    """What the node is, to tell it as got.

    >>> described(Scalar("", is_null=True)), described(Scalar("fjord")), described(List(()))
    ('nothing', "'fjord'", 'a list')
    """
    match node:
        case None:
            return "nothing"
        case Scalar(text=text, is_null=is_null):
            return "nothing" if is_null else quoted(text)
        case List():
            return "a list"
        case _:
            return "a map"


_PARSERS: Mapping[str, Callable[[str, str, str], Result[Included, Faults]]] = {
    ".csv": _from_csv,
    ".yaml": _from_yaml,
    ".yml": _from_yaml,
    ".json": _from_json,
    ".txt": _from_txt,
}
