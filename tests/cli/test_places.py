"""The folder that a command works on: given by path or by address, and judged before anything is done."""

import json
from pathlib import Path

import pytest

from cohort_membership.cli import main


@pytest.mark.parametrize("command", [["list"], ["init"], ["demo"]])
@pytest.mark.parametrize(
    "address", ["postgresql://u:SECRET@h/db", "s3://bucket/x", "host=h password=SECRET", "s3:/bucket/x"]
)
def test_a_command_that_needs_a_folder_rejects_an_address_and_shows_no_password(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
    address: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*command, "--data-root", address]) == 1
    assert main([*command, "--json", "--data-root", address]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["problems"][0]["code"] == "storage-denied"
    assert "error[storage-denied]" in err
    assert "SECRET" not in out + err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["postgresql://u:SECRET@h/db", "host=h password=SECRET", "s3:/bucket/x"])
@pytest.mark.parametrize("option", ["--data-root", "--store"])
def test_verify_takes_any_address_and_shows_no_password_of_one_that_it_cannot_use(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    address: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["verify", "first-steps", option, address]) != 0
    out, err = capsys.readouterr()
    assert "error[" in err
    assert "SECRET" not in out + err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_given_by_its_address_or_below_a_quoted_home(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["init", "~/proj"]) == 0
    assert main(["list", "--json", "--data-root", f"file://{tmp_path}/proj"]) == 0
    assert [one.name for one in tmp_path.iterdir()] == ["proj"]
    assert capsys.readouterr().err == ""
