"""The moment when a cohort's new membership takes the place of the old one, on a local disk.

A build prepares everything under `cohorts/<cohort_id>/.build/`. When all of it is whole and durable, the
new manifest gets its name there, and from then on the switch can be completed by whoever comes next:
each artifact changes places with the one of before, and the manifest is put over the old one. Until that
last rename the old manifest stands, and each artifact that it names is in its place or, for a moment,
under `.build/`; nothing old is removed before it. So there is always one whole membership to be read:
`places` says where, and the digests in the manifest tell which file is meant.
"""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cohort_membership.artifacts import MANIFEST
from cohort_membership.manifest import is_inside
from cohort_membership.regular_files import Unfit, open_binary, read_regular
from cohort_membership.stores.local.durable import exchange, swap_names, sync_folder

WORK = ".build"
"""The folder that a build works in, in its cohort's folder; the cohort's lock guards it."""

PREPARED = ".manifest.json.tmp"
"""The new manifest, until everything it names is durable."""

READ_SIZE = 1 << 22


def places(folder: Path, name: str) -> tuple[Path, ...]:
    """Where an artifact of the manifest in force can be: in its place, or set aside by a switch.

    `name` is relative to the cohort's folder; the first part of it is what is switched.
    """
    top, *rest = name.split("/")
    tops = (folder / top, folder / WORK / top, folder / WORK / _aside(top))
    return tuple(one.joinpath(*rest) for one in tops)


NO_FILE = (FileNotFoundError, NotADirectoryError, IsADirectoryError, Unfit)
"""What says that there is no file to be read under a name."""


def sha256_of(path: Path, root: Path) -> str:
    """The digest of a file's bytes, as hexadecimal text."""
    digest = hashlib.sha256()
    with open_binary(path, root) as file:
        while block := file.read(READ_SIZE):
            digest.update(block)
    return digest.hexdigest()


def read_json(path: Path, root: Path) -> Mapping[str, Any] | None:
    """A JSON object; None where there is no file, or something else in it."""
    try:
        content = json.loads(read_regular(path, root))
    except (*NO_FILE, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def digests(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The digests that a manifest gives its artifacts, by name relative to the cohort's folder.

    None of a manifest with a name that leads out of the folder, or that no file can have: no build wrote it.
    """
    found: dict[str, str] = {}
    listed = manifest.get("artifacts")
    for name, one in listed.items() if isinstance(listed, dict) else ():
        if isinstance(one, dict) and isinstance(one.get("sha256"), str):
            found[name] = one["sha256"]
    return found if all(map(is_inside, found)) else {}


@dataclass(slots=True)
class Switch:
    """Puts what is prepared in place: `names` are files or folders in the cohort's folder.

    If a step fails, those before it are taken back; `is_undone` tells whether that succeeded.
    """

    folder: Path
    names: tuple[str, ...]
    is_undone: bool = True
    _put: list[tuple[str, bool]] = field(default_factory=list)

    def run(self) -> None:
        work = self.folder / WORK
        (work / PREPARED).rename(work / MANIFEST)
        self.complete()

    def complete(self) -> None:
        try:
            for name in self.names:
                self._exchange(name)
            (self.folder / WORK / MANIFEST).replace(self.folder / MANIFEST)
        except BaseException:
            self._undo()
            raise
        sync_folder(self.folder)

    def _exchange(self, name: str) -> None:
        new, old = self.folder / WORK / name, self.folder / name
        was_there = os.path.lexists(old)
        if was_there:
            exchange(new, old, self.folder / WORK / _aside(name))
        else:
            new.rename(old)
        self._put.append((name, was_there))

    def _undo(self) -> None:
        self.is_undone = False
        with suppress(OSError):
            for name, was_there in reversed(self._put):
                new, old = self.folder / WORK / name, self.folder / name
                aside = self.folder / WORK / _aside(name)
                if not was_there:
                    old.rename(new)
                elif not os.path.lexists(aside):
                    swap_names(new, old)
                else:
                    if old.is_dir():
                        old.rename(new)
                    aside.replace(old)
            self.is_undone = True


def complete_interrupted(folder: Path) -> None:
    """Finish the switch of a build that died in it, and remove what it left.

    Where its artifacts are not all whole there is nothing to finish: they are derived, and the build
    that calls this makes them anew.
    """
    work = folder / WORK
    if not os.path.lexists(work):
        return
    if work.is_symlink():
        raise NotADirectoryError(errno.ENOTDIR, "a link where a folder should be", str(work))
    manifest = read_json(work / MANIFEST, folder)
    if manifest is not None:
        named = digests(manifest)
        pending = {name for name in tops(named) if not _is_whole(folder, name, named)}
        if named and all(_is_whole(work, name, named) for name in pending):
            Switch(folder, tuple(sorted(pending))).complete()
    shutil.rmtree(work)


def all_whole(folder: Path, named: Mapping[str, str]) -> bool:
    """Whether everything that is named has its digest."""
    return all(_is_whole(folder, top, named) for top in tops(named))


def tops(named: Mapping[str, str]) -> AbstractSet[str]:
    """The files and folders in a cohort's folder that the names are of, or below."""
    return dict.fromkeys(name.split("/")[0] for name in named).keys()


def _is_whole(folder: Path, top: str, named: Mapping[str, str]) -> bool:
    """Whether a file, or every part of a folder, has the digest that the manifest names."""
    try:
        return all(
            sha256_of(folder / name, folder.parents[1]) == digest
            for name, digest in named.items()
            if name.split("/")[0] == top
        )
    except NO_FILE:
        return False


def _aside(name: str) -> str:
    return f"old-{name}"
