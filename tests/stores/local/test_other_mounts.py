"""Seeds find their places where a stage's folder is a mount, another file system, or a link to a folder."""

import ctypes
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.stores.cohorts import NEW, codes
from tests.stores.local.local_cohorts import build, lay_out, seeds_of

STAGES = ("draft", "essay", "evaluation")


@contextmanager
def mounted(home: Path, *arguments: object) -> Iterator[None]:
    """Something mounted at a folder; the test is skipped where that is not allowed."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(*arguments) != 0:
        pytest.skip(f"no mount: {os.strerror(ctypes.get_errno())}")
    try:
        yield
    finally:
        libc.umount2(os.fsencode(home), 2)


def tmpfs(home: Path, _: Path) -> tuple[object, ...]:
    return b"tmpfs", os.fsencode(home), b"tmpfs", 0, None


def bind(home: Path, elsewhere: Path) -> tuple[object, ...]:
    elsewhere.mkdir(parents=True)
    return os.fsencode(elsewhere), os.fsencode(home), None, 4096, None


def wanted(folder: Path) -> dict[str, bytes | str]:
    build(lay_out(folder, "alpha", combos=NEW)).unwrap()
    return seeds_of(folder)


@pytest.mark.parametrize("kind", [tmpfs, bind])
def test_stages_that_are_mounts_of_their_own_are_seeded(
    tmp_path: Path, kind: Callable[[Path, Path], tuple[object, ...]]
) -> None:
    root = lay_out(tmp_path / "data", "alpha")
    with ExitStack() as mounts:
        for stage in STAGES:
            home = root / "gens" / stage
            home.mkdir(parents=True)
            mounts.enter_context(mounted(home, *kind(home, tmp_path / "elsewhere" / stage)))
        build(root).unwrap()
        assert len(list((root / "gens/draft").iterdir())) == 2
        lay_out(root, "alpha", combos=NEW)
        report = build(root).unwrap()
        assert (report.seeded, report.reused) == (3, 6)
        assert seeds_of(root) == wanted(tmp_path / "plain")


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """No rename from `gens` into a stage's folder goes through, as if that were on another file system."""
    rename = os.rename

    def across(source: str, target: str) -> None:
        if Path(target).parent.name in STAGES and Path(source).parents[1] != Path(target).parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link", source)
        rename(source, target)

    monkeypatch.setattr(os, "rename", across)


@pytest.mark.usefixtures("apart")
def test_what_cannot_be_renamed_across_file_systems_is_copied_first(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "data", "alpha")
    for stage in STAGES:
        (root / "gens" / stage / "other").mkdir(parents=True)
    build(lay_out(root, "alpha", combos=NEW)).unwrap()
    for stage in STAGES:
        (root / "gens" / stage / "other").rmdir()
    assert seeds_of(root) == wanted(tmp_path / "plain")


@pytest.mark.usefixtures("apart")
def test_a_copy_that_fails_is_its_problem_and_is_not_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = lay_out(tmp_path / "data", "alpha")
    (root / "gens/draft/other").mkdir(parents=True)

    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    with monkeypatch.context() as patch:
        patch.setattr("cohort_membership.stores.local.seed_files.sync_file_system", full)
        assert codes(build(root)) == ["storage-full"]
    assert sorted(os.listdir(root / "gens/draft")) == ["other"]  # noqa: PTH208
    build(root).unwrap()


def test_what_a_killed_build_left_in_a_stage_is_removed_by_the_next(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "data", "alpha")
    left = root / "gens/draft/.seeding-alpha/d_1"
    left.mkdir(parents=True)
    (left / "metadata.json").write_text("{")
    build(root).unwrap()
    assert not left.parent.exists()


def test_a_stage_that_is_a_link_to_a_folder_of_the_data_root_is_seeded(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "data", "alpha")
    (root / "gens").mkdir()
    (root / "drafts").mkdir()
    (root / "gens/draft").symlink_to(root / "drafts")
    build(root).unwrap()
    assert len(list((root / "drafts").iterdir())) == 2
    assert build(root).unwrap().reused == 6
