"""EDGE: reads a cohort's spec bundle, its config file and what it includes, beside pure decoding."""

import hashlib
from dataclasses import dataclass, field, replace

from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.document import Node
from cohort_membership.load.spec.decode import decode_spec, wanted_includes
from cohort_membership.load.spec.includes import (
    BUNDLE_LIMIT,
    DOCUMENTS,
    LIMIT,
    extension,
    is_supported,
    open_include,
    path_in_bundle,
    unread,
    unsupported,
)
from cohort_membership.load.text.faults import Fault, as_spec_syntax
from cohort_membership.load.text.json import parse_json
from cohort_membership.load.text.tree import Nodes
from cohort_membership.load.text.utf8 import decode_utf8
from cohort_membership.load.text.yaml import parse_yaml
from cohort_membership.ports import CohortNames, CohortSpecReader, FileReader, ReadFault
from cohort_membership.problems import (
    IncludeOutsideBundle,
    Location,
    Problem,
    Problems,
    SpecInvalid,
    SpecNotFound,
    SpecUnreadable,
    StorageUnavailable,
    fail,
)
from cohort_membership.rules.lists import Included, Includes
from cohort_membership.spec import Spec
from cohort_membership.suggest import nearest

CONFIG_NAMES = ("config.yaml", "config.yml", "config.json")
"""The first of these that exists is the spec."""


def spec_folder(cohort_id: str) -> str:
    """The folder of the bundle, relative to the data root.

    >>> spec_folder("demo")
    'cohorts/demo/spec'
    """
    return f"cohorts/{cohort_id}/spec"


def _no_names() -> tuple[str, ...]:
    return ()


def spec_reader(read: FileReader, cohorts: CohortNames = _no_names) -> CohortSpecReader:
    """A reader of specs in files.

    It gives the spec with all that is wrong inside of it, or fails where the config file is missing
    (`spec-not-found`), cannot be read (`spec-unreadable`, `storage-unavailable`) or cannot be parsed
    (`spec-syntax`). A missing one suggests the nearest of `cohorts`.

    >>> def read(path, *, within, limit):
    ...     return Success(b"axes: {combo_id: [c1]}")
    >>> spec_reader(read)("demo").unwrap().axes[0].levels.texts
    ('c1',)
    """

    def read_spec(cohort_id: str, /) -> Result[Spec, Problems]:
        return _read_config(read, cohort_id, cohorts).bind(lambda source: _read_all(read, source))

    return read_spec


@dataclass(frozen=True, slots=True)
class ConfigBytes:
    """A config file as read: `name` is one of `CONFIG_NAMES`, `folder` the bundle's.

    `others` are the config files beside it, which are not read.
    """

    folder: str
    name: str
    data: bytes
    others: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        return f"{self.folder}/{self.name}"


@dataclass(frozen=True, slots=True)
class Config:
    """A config file as parsed; `nodes` is how many more its includes may have."""

    source: ConfigBytes
    root: Node | None
    nodes: Nodes = field(default_factory=Nodes)


def parse_config(source: ConfigBytes) -> Result[Config, Problems]:
    """The document of the config file.

    >>> parse_config(ConfigBytes("cohorts/demo/spec", "config.json", b"{}")).unwrap().root.entries
    ()
    """
    text = decode_utf8(source.data, source.file)
    if not is_successful(text):
        return Failure(tuple(_undecodable(fault) for fault in text.failure()))
    parse = parse_json if source.name.endswith(".json") else parse_yaml
    nodes = Nodes()
    root = parse(text.unwrap(), source.file, nodes)
    return root.map(lambda root: Config(source, root, nodes)).alt(as_spec_syntax)


def count_in(digest: "hashlib._Hash", path: str, data: bytes) -> None:
    r"""Counts one file of a bundle into its digest.

    The digest of a bundle is the SHA-256 over its config file, then the files it includes, sorted by
    path: of each the path relative to the bundle in UTF-8, a NUL, the number of bytes in decimal, a
    NUL, and the bytes. So it depends on what is there under which name, and on nothing else.

    >>> digest = hashlib.sha256()
    >>> count_in(digest, "config.yaml", b"axes: {}")
    >>> digest.hexdigest() == hashlib.sha256(b"config.yaml\0" b"8\0" b"axes: {}").hexdigest()
    True
    """
    digest.update(f"{path}\0{len(data)}\0".encode())
    digest.update(data)


def _read_config(read: FileReader, cohort_id: str, cohorts: CohortNames) -> Result[ConfigBytes, Problems]:
    folder = spec_folder(cohort_id)
    for number, name in enumerate(CONFIG_NAMES, start=1):
        source = read(f"{folder}/{name}", within=folder, limit=LIMIT)
        if is_successful(source):
            others = tuple(other for other in CONFIG_NAMES[number:] if _is_there(read, folder, other))
            return Success(ConfigBytes(folder, name, source.unwrap(), others))
        if source.failure().kind != "missing":
            return fail(_unread_config(source.failure(), f"{folder}/{name}"))
    return fail(
        SpecNotFound(
            location=Location(f"{folder}/{CONFIG_NAMES[0]}"),
            cohort_id=cohort_id,
            suggestion=nearest(cohort_id, (name for name in cohorts() if name != cohort_id)),
        )
    )


def _is_there(read: FileReader, folder: str, name: str) -> bool:
    """Whether there is such a file, of which no byte is read."""
    found = read(f"{folder}/{name}", within=folder, limit=0)
    return is_successful(found) or found.failure().kind == "too-large"


def _beside(source: ConfigBytes) -> Problems:
    """A problem with each config file that is not read."""
    return tuple(
        SpecInvalid(
            location=Location(f"{source.folder}/{other}"),
            where="spec",
            detail=f"{other} stands beside {source.name}, and only {source.name} is read",
            remedy=f"remove {other}, or remove {source.name} if {other} is the spec",
        )
        for other in source.others
    )


def _unread_config(fault: ReadFault, file: str) -> Problem:
    if fault.kind == "unavailable":
        return StorageUnavailable(location=Location(file), action=f"read {file}", reason=fault.reason)
    return SpecUnreadable(location=Location(file), reason=fault.reason)


def _read_all(read: FileReader, source: ConfigBytes) -> Result[Spec, Problems]:
    beside = _beside(source)
    spec = parse_config(source).map(lambda config: _read_rest(read, config))
    return spec.map(lambda spec: replace(spec, problems=(*spec.problems, *beside))).alt(
        lambda problems: (*problems, *beside)
    )


def _read_rest(read: FileReader, config: Config) -> Spec:
    """Reads each included file once, in the order of the digest, and decodes the whole."""
    source = config.source
    digest = hashlib.sha256()
    count_in(digest, source.name, source.data)
    paths = {written: path_in_bundle(written, source.folder) for written in wanted_includes(config.root)}
    bundle = _Bundle(read, source.folder, digest, config.nodes, BUNDLE_LIMIT - len(source.data))
    opened = {path: bundle.open(path) for path in sorted(path for path in set(paths.values()) if path)}
    includes: Includes = {
        written: fail(IncludeOutsideBundle(include=written)) if path is None else opened[path]
        for written, path in paths.items()
    }
    return decode_spec(config.root, includes, file=source.file, digest=digest.hexdigest())


@dataclass(slots=True)
class _Bundle:
    """The files of a bundle as they are opened: what they may still hold, and what was decoded."""

    read: FileReader
    folder: str
    digest: "hashlib._Hash"
    nodes: Nodes
    bytes_left: int
    _decoded: dict[tuple[object, bytes], Result[Included, Problems]] = field(default_factory=dict)

    def open(self, path: str) -> Result[Included, Problems]:
        """What the file holds. A document that has several names is decoded once, as the first."""
        if not is_supported(path):
            return fail(unsupported(path))
        limit = min(LIMIT, self.bytes_left)
        read = self.read(f"{self.folder}/{path}", within=self.folder, limit=limit)
        if not is_successful(read):
            return fail(unread(read.failure(), path, self.folder, limit))
        data = read.unwrap()
        self.bytes_left -= len(data)
        count_in(self.digest, path, data)
        if extension(path) not in DOCUMENTS:
            return open_include(path, self.folder, data)
        key = (DOCUMENTS[extension(path)], hashlib.sha256(data).digest())
        if key not in self._decoded:
            # That there are too many nodes is told once, at the file that has one too many.
            told_before = self.nodes.are_spent
            self._decoded[key] = (
                Failure(()) if told_before else open_include(path, self.folder, data, self.nodes)
            )
        return self._decoded[key]


def _undecodable(fault: Fault) -> Problem:
    return SpecUnreadable(location=fault.location, reason=fault.got)
