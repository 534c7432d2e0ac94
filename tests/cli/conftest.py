"""An example data root to run commands on, and the output of a command in one value."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from cohort_membership.cli import main


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def object(self) -> Any:
        """The one JSON object on stdout; fails where there is more or less than one."""
        return json.loads(self.out)


Run: TypeAlias = Callable[..., Ran]


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in ("COHORT_DATA_ROOT", "NO_COLOR", "FORCE_COLOR", "UV_RUN_RECURSION_DEPTH"):
        monkeypatch.delenv(name, raising=False)

    def ran(*arguments: str | Path) -> Ran:
        code = main([str(one) for one in arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return ran


@pytest.fixture
def data(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example data root as `data`, the default, below the working folder."""
    monkeypatch.chdir(tmp_path)
    assert run("init", "data").code == 0
    return tmp_path / "data"


@pytest.fixture
def misspell(data: Path) -> Callable[[str, str], None]:
    """Replaces text in the spec of first-steps."""

    def replaced(right: str, wrong: str) -> None:
        config = data / "cohorts" / "first-steps" / "spec" / "config.yaml"
        text = config.read_text(encoding="utf-8")
        assert right in text
        config.write_text(text.replace(right, wrong), encoding="utf-8")

    return replaced
