"""The README's scripts for Dagster run as they stand."""

import re
from pathlib import Path

import dagster as dg
import pytest

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SCRIPTS = re.findall(r"^```python\n(import dagster as dg\n.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("script", SCRIPTS, ids=range(len(SCRIPTS)))
def test_a_script_of_the_readme_runs(script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "readme"}
    exec(compile(script, "README", "exec"), names)
    if "defs" in names:
        assert isinstance(names["defs"], dg.Definitions)
        dg.Definitions.validate_loadable(names["defs"])
