"""EDGE: reads a cohort's spec bundle, its config file and what it includes, beside pure decoding."""

import hashlib
from dataclasses import dataclass

from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.load.faults import Fault, as_spec_syntax
from cohort_membership.load.includes import (
    LIMIT,
    Included,
    is_supported,
    open_include,
    path_in_bundle,
    unread,
    unsupported,
)
from cohort_membership.load.json_text import parse_json
from cohort_membership.load.spec_decode import decode_spec, wanted_includes
from cohort_membership.load.spec_lists import Includes
from cohort_membership.load.utf8_text import decode_utf8
from cohort_membership.load.yaml_text import parse_yaml
from cohort_membership.ports import CohortSpecReader, FileReader, ReadFault
from cohort_membership.problems import (
    IncludeOutsideBundle,
    Location,
    Problem,
    Problems,
    SpecNotFound,
    SpecUnreadable,
    StorageUnavailable,
    fail,
)
from cohort_membership.spec import Node, Spec

CONFIG_NAMES = ("config.yaml", "config.yml", "config.json")
"""The first of these that exists is the spec."""


def spec_folder(cohort_id: str) -> str:
    """The folder of the bundle, relative to the data root.

    >>> spec_folder("demo")
    'cohorts/demo/spec'
    """
    return f"cohorts/{cohort_id}/spec"


def spec_reader(read: FileReader) -> CohortSpecReader:
    """A reader of specs in files.

    It gives the spec with all that is wrong inside of it, or fails where the config file is missing
    (`spec-not-found`), cannot be read (`spec-unreadable`, `storage-unavailable`) or cannot be parsed
    (`spec-syntax`).

    >>> def read(path, *, within, limit):
    ...     return Success(b"axes: {combo_id: [c1]}")
    >>> spec_reader(read)("demo").unwrap().axes[0].levels.texts
    ('c1',)
    """

    def read_spec(cohort_id: str, /) -> Result[Spec, Problems]:
        return _read_config(read, cohort_id).bind(parse_config).map(lambda config: _read_rest(read, config))

    return read_spec


@dataclass(frozen=True, slots=True)
class ConfigBytes:
    """A config file as read: `name` is one of `CONFIG_NAMES`, `folder` the bundle's."""

    folder: str
    name: str
    data: bytes

    @property
    def file(self) -> str:
        return f"{self.folder}/{self.name}"


@dataclass(frozen=True, slots=True)
class Config:
    """A config file as parsed."""

    source: ConfigBytes
    root: Node | None


def parse_config(source: ConfigBytes) -> Result[Config, Problems]:
    """The document of the config file.

    >>> parse_config(ConfigBytes("cohorts/demo/spec", "config.json", b"{}")).unwrap().root.entries
    ()
    """
    text = decode_utf8(source.data, source.file)
    if not is_successful(text):
        return Failure(tuple(_undecodable(fault) for fault in text.failure()))
    parse = parse_json if source.name.endswith(".json") else parse_yaml
    return parse(text.unwrap(), source.file).map(lambda root: Config(source, root)).alt(as_spec_syntax)


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


def _read_config(read: FileReader, cohort_id: str) -> Result[ConfigBytes, Problems]:
    folder = spec_folder(cohort_id)
    for name in CONFIG_NAMES:
        source = read(f"{folder}/{name}", within=folder, limit=LIMIT)
        if is_successful(source):
            return Success(ConfigBytes(folder, name, source.unwrap()))
        if source.failure().kind != "missing":
            return fail(_unread_config(source.failure(), f"{folder}/{name}"))
    return fail(SpecNotFound(location=Location(f"{folder}/{CONFIG_NAMES[0]}"), cohort_id=cohort_id))


def _unread_config(fault: ReadFault, file: str) -> Problem:
    if fault.kind == "unavailable":
        return StorageUnavailable(location=Location(file), action=f"read {file}", reason=fault.reason)
    return SpecUnreadable(location=Location(file), reason=fault.reason)


def _read_rest(read: FileReader, config: Config) -> Spec:
    """Reads each included file once, in the order of the digest, and decodes the whole."""
    source = config.source
    digest = hashlib.sha256()
    count_in(digest, source.name, source.data)
    paths = {written: path_in_bundle(written, source.folder) for written in wanted_includes(config.root)}
    opened = {
        path: _open(read, source.folder, path, digest)
        for path in sorted(path for path in set(paths.values()) if path is not None)
    }
    includes: Includes = {
        written: fail(IncludeOutsideBundle(include=written)) if path is None else opened[path]
        for written, path in paths.items()
    }
    return decode_spec(config.root, includes, file=source.file, digest=digest.hexdigest())


def _open(read: FileReader, folder: str, path: str, digest: "hashlib._Hash") -> Result[Included, Problems]:
    if not is_supported(path):
        return fail(unsupported(path))
    data = read(f"{folder}/{path}", within=folder, limit=LIMIT)
    if not is_successful(data):
        return fail(unread(data.failure(), path, folder))
    count_in(digest, path, data.unwrap())
    return open_include(path, folder, data.unwrap())


def _undecodable(fault: Fault) -> Problem:
    return SpecUnreadable(location=fault.location, reason=fault.got)
