"""Files on disk: links end inside, only regular files are opened, and no fault is an exception."""

import errno
import os
import tracemalloc
from pathlib import Path

import pytest
from returns.result import Result

from cohort_membership.load.catalogs.reader import catalog_reader
from cohort_membership.load.files.local import local_file_reader
from cohort_membership.load.spec.bundle import spec_reader
from cohort_membership.ports import ReadFault
from cohort_membership.regular_files import Unfit, open_to_complete, read_regular

LIMIT = 64 * 2**20


def read(root: Path, path: str, within: str = ".", limit: int = LIMIT) -> Result[bytes, ReadFault]:
    return local_file_reader(root)(path, within=within, limit=limit)


def kind(result: Result[bytes, ReadFault]) -> str:
    return result.failure().kind


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    folder = tmp_path / "cohorts" / "demo" / "spec"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text("axes:\n  combo_id: '@file:x.csv'\n")
    return folder


def told(root: Path) -> list[str]:
    problems = spec_reader(local_file_reader(root))("demo").unwrap().problems
    return [f"{problem.location} {problem.code}" for problem in problems]


def test_a_file_gives_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "é").write_bytes(b"\0\xff")
    assert read(tmp_path, "é").unwrap() == b"\0\xff"
    assert read(tmp_path, str(tmp_path / "é"), within="/").unwrap() == b"\0\xff"


@pytest.mark.parametrize("path", ["gone", "file/below", "x" * 300, "loop", "nul\0", "dangling"])
def test_what_is_not_there_is_missing(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    assert kind(read(tmp_path, path)) == "missing"


def test_a_data_root_that_is_not_there_is_missing(tmp_path: Path) -> None:
    assert kind(read(tmp_path / "gone", "x")) == "missing"


def test_a_link_must_end_inside(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "outside").write_text("x")
    (tmp_path / "in" / "inside").write_text("y")
    (tmp_path / "in" / "out").symlink_to(tmp_path / "outside")
    (tmp_path / "in" / "stays").symlink_to(tmp_path / "in" / "inside")
    (tmp_path / "in" / "up").symlink_to(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "in")
    assert kind(read(tmp_path, "in/out", within="in")) == "outside"
    assert kind(read(tmp_path, "in/up/outside", within="in")) == "outside"
    assert kind(read(tmp_path, "in/../outside", within="in")) == "outside"
    assert read(tmp_path, "in/stays", within="in").unwrap() == b"y"
    assert read(tmp_path, "link/inside", within="link").unwrap() == b"y"
    assert read(tmp_path, "in/out", within="/").unwrap() == b"x"


def test_folders_pipes_and_devices_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    assert kind(read(tmp_path, ".")) == "not-a-file"
    assert kind(read(tmp_path, "pipe")) == "not-a-file"
    assert kind(read(tmp_path, "zero", within="/")) == "not-a-file"


def test_a_file_over_the_limit_is_refused_without_reading(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.touch()
    os.truncate(path, 2 * 2**30)
    fault = read(tmp_path, "large").failure()
    assert (fault.kind, fault.reason) == ("too-large", "2,147,483,648 bytes, more than 67,108,864")


def test_a_file_of_exactly_the_limit_is_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    assert read(tmp_path, "x", limit=3).unwrap() == b"abc"
    assert kind(read(tmp_path, "x", limit=2)) == "too-large"


def test_memory_is_in_proportion_to_the_file_and_not_to_the_limit(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x" * 347)
    tracemalloc.start()
    try:
        read(tmp_path, "x", limit=2**30).unwrap()
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_a_link_is_read_where_it_ends_below_the_root(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root/file").write_bytes(b"in")
    (tmp_path / "out").write_bytes(b"out")
    (tmp_path / "root/in").symlink_to("file")
    (tmp_path / "root/away").symlink_to("../out")
    assert read_regular(tmp_path / "root/in", tmp_path / "root") == b"in"
    with pytest.raises(Unfit, match="a link that leaves"):
        read_regular(tmp_path / "root/away", tmp_path / "root")
    with pytest.raises(OSError, match="symbolic links"):
        open_to_complete(tmp_path / "root/in")


def test_a_file_that_says_it_is_empty_is_still_held_to_the_limit() -> None:
    assert kind(read(Path("/proc/self"), "mountinfo", within="/", limit=3)) == "too-large"


def test_a_file_that_became_a_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").touch()
    opened = os.open
    monkeypatch.setattr(os, "open", lambda path, flags: opened(tmp_path, os.O_RDONLY))
    assert kind(read(tmp_path, "x")) == "not-a-file"


def test_a_file_that_grew_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").touch()
    (tmp_path / "y").write_bytes(b"abc")
    opened = os.open
    monkeypatch.setattr(os, "open", lambda path, flags: opened(tmp_path / "y", flags))
    assert kind(read(tmp_path, "x", limit=2)) == "too-large"


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.EACCES, "denied"),
        (errno.EPERM, "denied"),
        (errno.EISDIR, "not-a-file"),
        (errno.ENOENT, "missing"),
        (errno.EIO, "unavailable"),
        (errno.ESTALE, "unavailable"),
        (errno.EMFILE, "unavailable"),
    ],
)
def test_errors_of_the_system_are_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: str
) -> None:
    def fail(path: Path, flags: int) -> int:
        raise OSError(number, os.strerror(number), str(path))

    (tmp_path / "x").touch()
    monkeypatch.setattr(os, "open", fail)
    fault = read(tmp_path, "x").failure()
    assert fault.kind == expected
    assert str(tmp_path) not in fault.reason


def test_an_error_without_words_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, flags: int) -> int:
        raise TimeoutError

    (tmp_path / "x").touch()
    monkeypatch.setattr(os, "open", fail)
    assert read(tmp_path, "x").failure() == ReadFault("unavailable", "timeouterror")


# ------------------------------------------------------------- what readers make of it


def test_an_include_linked_from_outside_is_refused(tmp_path: Path, spec: Path) -> None:
    (tmp_path / "x.csv").write_text("name\na\n")
    (spec / "x.csv").symlink_to(tmp_path / "x.csv")
    assert told(tmp_path) == ["cohorts/demo/spec/config.yaml:2:13 include-outside-bundle"]


def test_an_include_of_two_gibibytes_is_refused_without_reading(tmp_path: Path, spec: Path) -> None:
    (spec / "x.csv").touch()
    os.truncate(spec / "x.csv", 2 * 2**30)
    assert told(tmp_path) == ["cohorts/demo/spec/config.yaml:2:13 include-invalid"]


def test_a_pipe_as_an_include_is_refused_without_waiting(tmp_path: Path, spec: Path) -> None:
    os.mkfifo(spec / "x.csv")
    assert told(tmp_path) == ["cohorts/demo/spec/config.yaml:2:13 include-invalid"]


def test_the_spec_folder_may_be_a_link(tmp_path: Path, spec: Path) -> None:
    (spec / "x.csv").write_text("name\na\n")
    elsewhere = tmp_path / "elsewhere"
    spec.rename(elsewhere)
    spec.symlink_to(elsewhere)
    assert told(tmp_path) == []


def test_a_folder_as_a_catalog_is_invalid_and_a_linked_catalog_is_fine(tmp_path: Path) -> None:
    root = tmp_path / "data"
    (root / "1_raw" / "llm_models.csv").mkdir(parents=True)
    (tmp_path / "combos.csv").write_text("combo_id\nc1\n")
    (root / "combo_mappings.csv").symlink_to(tmp_path / "combos.csv")
    catalogs = catalog_reader(local_file_reader(root))().unwrap()
    combos = catalogs.by_axis["combo_id"]
    assert combos
    assert combos.ids == frozenset({"c1"})
    codes = {problem.location.file: problem.code for problem in catalogs.problems if problem.location}
    assert codes["1_raw/llm_models.csv"] == "catalog-invalid"
    assert codes["1_raw/draft_templates.csv"] == "catalog-not-found"
