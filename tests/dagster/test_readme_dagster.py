"""The scripts and the component of the page on Dagster work as they stand."""

import re
from pathlib import Path

import dagster as dg
import pytest
import yaml

import cohort_membership.dagster
from cohort_membership.dagster import CohortMembershipComponent

README = (Path(cohort_membership.dagster.__file__).parent / "README.md").read_text(encoding="utf-8")
SCRIPTS = re.findall(r"^```python\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)
(COMPONENT,) = re.findall(r"^```yaml\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(
    "script", [one for one in SCRIPTS if one.startswith("import dagster as dg\n")], ids=str.__len__
)
def test_a_script_of_the_readme_runs(script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "readme"}
    exec(compile(script, "README", "exec"), names)
    if "defs" in names:
        assert isinstance(names["defs"], dg.Definitions)
        dg.Definitions.validate_loadable(names["defs"])


def test_every_script_of_the_readme_is_run_but_what_a_project_had_before() -> None:
    (before,) = (one for one in SCRIPTS if not one.startswith("import dagster as dg\n"))
    compile(before, "README", "exec")
    assert README[: README.index(before)].splitlines()[-3].startswith("Before: ")


def test_the_component_of_the_readme_is_read() -> None:
    given = yaml.safe_load(COMPONENT)
    assert (
        given["type"]
        == f"{CohortMembershipComponent.__module__.rpartition('.')[0]}.CohortMembershipComponent"
    )
    component = CohortMembershipComponent.resolve_from_dict(given["attributes"])
    assert (component.data_root, component.registration, component.max_retries) == ("data", "add-only", 3)
