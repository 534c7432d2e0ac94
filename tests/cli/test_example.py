"""`init` and `demo`: the example data root, and a tour of it."""

import subprocess
from pathlib import Path

import pytest

from cohort_membership.example import example_root

from .conftest import Run, files


def test_init_copies_the_example_byte_for_byte(run: Run, tmp_path: Path) -> None:
    ran = run("init", tmp_path / "a" / "b", "--json")
    assert (ran.code, ran.err) == (0, "")
    written = files(tmp_path / "a" / "b")
    assert sorted(written) == sorted(ran.object["files"])
    for path, content in written.items():
        assert (example_root() / path).read_bytes() == content


def test_an_empty_folder_is_filled(run: Run, tmp_path: Path) -> None:
    assert run("init", "--data-root", tmp_path).code == 0
    assert (tmp_path / "combo_mappings.csv").is_file()


@pytest.mark.parametrize("command", ["init", "demo"])
@pytest.mark.parametrize("place", ["full", "full/file", "full/file/below"])
def test_what_is_there_is_never_overwritten(run: Run, tmp_path: Path, command: str, place: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    told, as_json = run(command, tmp_path / place), run(command, tmp_path / place, "--json")
    assert files(tmp_path) == {"full/file": b"mine"}
    assert (told.code, told.out, as_json.code, as_json.err) == (1, "", 1, "")
    assert told.err.startswith("error[storage-denied] storage: ")
    assert [problem["code"] for problem in as_json.object["problems"]] == ["storage-denied"]


def test_an_init_that_fails_halfway_takes_away_what_it_wrote(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    opened = Path.open

    def until_full(self: Path, mode: str = "r", encoding: str | None = None) -> object:
        if mode == "xb":
            written.append(self)
            if len(written) == 5:
                raise OSError(28, "No space left on device")
        return opened(self, mode, encoding=encoding)

    monkeypatch.setattr(Path, "open", until_full)
    ran = run("init", tmp_path / "new" / "root", "--json")
    assert ran.code == 75
    assert ran.object["problems"][0]["code"] == "storage-full"
    assert list(tmp_path.iterdir()) == []


def test_the_demo_shows_a_membership_and_commands_that_work_as_they_stand(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("demo")
    assert (ran.code, ran.err) == (0, "")
    assert "coupled-judges is built: 528 generations." in ran.out
    assert ran.out.count("d_30id6s5dko7a8y4z") == 3, (
        "a draft, and the two essays that name it as their parent"
    )
    steps = [line.strip() for line in ran.out.split("Try next\n")[1].splitlines() if "#" not in line]
    assert len(steps) == 6
    for step in steps:
        if step.startswith("cohort-membership "):
            done = run(*step.split()[1:])
            assert done.code == (1 if "validate oops" in step else 0), step
            assert ("did you mean 'pebble-8b'?" in done.err) == ("validate oops" in step)
        else:
            subprocess.run(["sh", "-c", step], check=True)


def test_a_demo_again_uses_the_example_that_is_there(run: Run, tmp_path: Path) -> None:
    assert run("demo", tmp_path, "--json").object["created"] is True
    again = run("demo", tmp_path, "--json").object
    assert (again["created"], again["seeded"], again["reused"]) == (False, 0, 528)


def test_under_uv_the_commands_to_copy_start_with_uv_run(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_RUN_RECURSION_DEPTH", "1")
    assert (
        f"  uv run cohort-membership list --data-root '{tmp_path}/a b'" in run("init", tmp_path / "a b").out
    )
