"""The component: from YAML to definitions, by `dg` as a user runs it."""

import shutil
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from dagster.components.core.component_tree import ComponentTreeException
from dagster.components.testing import create_defs_folder_sandbox

from cohort_membership.dagster import CohortMembershipComponent, CohortMembershipResource
from cohort_membership.dagster.component import CohortMembershipScaffolder, ScaffoldParams

DG = Path(sys.executable).parent / "dg"
TYPE = "cohort_membership.dagster.CohortMembershipComponent"

needs_dg = pytest.mark.skipif(not DG.exists(), reason="dagster-dg-cli is not installed")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project as `create-dagster project` lays it out, in short."""
    root = tmp_path / "study"
    package = root / "src" / "study"
    (package / "defs").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "defs" / "__init__.py").touch()
    (package / "definitions.py").write_text(
        "from pathlib import Path\n"
        "import dagster as dg\n\n"
        "@dg.definitions\n"
        "def defs() -> dg.Definitions:\n"
        "    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)\n"
    )
    (root / "pyproject.toml").write_text(
        '[project]\nname = "study"\nversion = "0"\n\n'
        '[tool.dg]\ndirectory_type = "project"\n\n[tool.dg.project]\nroot_module = "study"\n'
    )
    return root


def run_dg(project: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [str(DG), *arguments],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=240,
        env={
            "PATH": f"{DG.parent}:/usr/bin:/bin",
            "PYTHONPATH": str(project / "src"),
            "HOME": str(project),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "COLUMNS": "200",
        },
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@needs_dg
def test_scaffolding_gives_a_working_folder_and_a_mistake_is_pointed_at(project: Path) -> None:
    code, text = run_dg(project, "scaffold", "defs", TYPE, "cohorts")
    assert code == 0, text
    defs_yaml = project / "src" / "study" / "defs" / "cohorts" / "defs.yaml"
    assert TYPE in defs_yaml.read_text()
    assert (project / "data" / "cohorts" / "first-steps" / "spec" / "config.yaml").is_file()
    code, text = run_dg(project, "check", "defs")
    assert code == 0, text

    wrong = (
        "max_rows: many",
        "registation: reconcile",
        "seed_metadata: sometimes",
        "max_retries: -1",
        "group_name: my group",
        "owners: [nobody]",
    )
    right = (
        'retry_delay_seconds: "{{ env.DELAY }}"',
        "store: s3://bucket/memberships",
        'blocking_checks: "{{ env.BLOCKING }}"',
    )
    defs_yaml.write_text(defs_yaml.read_text() + "".join(f"  {line}\n" for line in wrong + right))
    lines = defs_yaml.read_text().splitlines()
    code, text = run_dg(project, "check", "yaml")
    assert code != 0
    for line in wrong:
        assert f"defs.yaml:{lines.index(f'  {line}') + 1} " in text, text
    for line in right:
        assert f"defs.yaml:{lines.index(f'  {line}') + 1} " not in text, text


def test_scaffolding_leaves_a_data_root_that_is_there_alone(tmp_path: Path) -> None:
    (tmp_path / "experiments").mkdir()
    request = dg.ScaffoldRequest(
        type_name=TYPE,
        target_path=tmp_path,
        scaffold_format="yaml",
        project_root=tmp_path,
        params=ScaffoldParams(data_root="experiments"),
    )
    CohortMembershipScaffolder().scaffold(request)
    assert list((tmp_path / "experiments").iterdir()) == []
    assert "data_root: experiments" in (tmp_path / "defs.yaml").read_text()


def test_the_component_gives_the_definitions_that_its_attributes_ask_for(data_root: Path) -> None:
    with create_defs_folder_sandbox() as sandbox:
        shutil.copytree(data_root, sandbox.project_root / "experiments")
        path = sandbox.scaffold_component(
            component_cls=CohortMembershipComponent,
            defs_yaml_contents={
                "type": TYPE,
                "attributes": {
                    "data_root": "experiments",
                    "cohorts": "static",
                    "key_prefix": ["study"],
                    "owners": ["team:research"],
                    "max_retries": 0,
                    "blocking_checks": True,
                },
            },
        )
        with sandbox.load_component_and_build_defs(defs_path=path) as (component, defs):
            assert isinstance(component, CohortMembershipComponent)
            key = dg.AssetKey(["study", "cohort_membership"])
            asset = defs.resolve_assets_def(key)
            assert asset.partitions_def == dg.StaticPartitionsDefinition(["coupled-judges", "first-steps"])
            assert asset.get_asset_spec(key).owners == ["team:research"]
            with dg.DagsterInstance.ephemeral() as instance:
                job = defs.resolve_implicit_global_asset_job_def()
                assert job.execute_in_process(instance=instance, partition_key="first-steps").success


def loaded(attributes: dict[str, object]) -> tuple[CohortMembershipComponent, CohortMembershipResource, Path]:
    """The component and its resource, as `dg` loads them; and the project's root."""
    with create_defs_folder_sandbox() as sandbox:
        path = sandbox.scaffold_component(
            component_cls=CohortMembershipComponent,
            defs_yaml_contents={"type": TYPE, "attributes": attributes},
        )
        with sandbox.load_component_and_build_defs(defs_path=path) as (component, defs):
            assert isinstance(component, CohortMembershipComponent)
            resource = (defs.resources or {})["cohort_membership"]
            assert isinstance(resource, CohortMembershipResource)
            return component, resource, sandbox.project_root


@pytest.mark.parametrize(
    "address",
    ["s3://bucket/x", "file:///srv/x", "delta+s3://bucket/x", "delta+/srv/lake", "sqlite:////srv/x.db"],
)
def test_an_address_is_left_as_it_is(address: str) -> None:
    _, resource, _ = loaded({"data_root": "file:///srv/data", "store": address})
    assert (resource.data_root, resource.store) == ("file:///srv/data", address)


def test_a_folder_is_one_of_the_project_unless_it_is_absolute() -> None:
    _, resource, project = loaded({"data_root": "data", "store": "/srv/store"})
    assert (resource.data_root, resource.store) == (str(project / "data"), "/srv/store")


def test_an_address_that_is_none_fails_the_load_without_its_password() -> None:
    with pytest.raises(ComponentTreeException) as raised:
        loaded({"data_root": "data", "store": "host=h password=SECRET dbname=d"})
    causes = f"{raised.value} {raised.value.__cause__}"
    assert "storage-denied" in causes
    assert "SECRET" not in causes


def test_numbers_may_come_from_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("N", "7")
    numbers = dict.fromkeys(("max_rows", "max_retries", "retry_delay_seconds"), "{{ env.N }}")
    component, resource, _ = loaded({"data_root": "data", **numbers})
    assert (component.max_retries, component.retry_delay_seconds, resource.max_rows) == (7, 7.0, 7)


def test_a_second_data_root_stands_beside_the_first(
    data_root: Path, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    second = shutil.copytree(data_root, tmp_path / "second")

    def component(root: Path, **more: object) -> CohortMembershipComponent:
        return CohortMembershipComponent(data_root=str(root), cohorts="static", **more)  # type: ignore[arg-type]

    context = dg.ComponentTree.for_test().load_context
    merged = dg.Definitions.merge(
        component(data_root).build_defs(context), component(second, key_prefix=["second"]).build_defs(context)
    )
    dg.Definitions.validate_loadable(merged)
    assert len(merged.resolve_asset_graph().get_all_asset_keys()) == 4
    job = merged.resolve_implicit_global_asset_job_def()
    assert job.execute_in_process(instance=instance, partition_key="first-steps").success
    for root in (data_root, second):
        assert (root / "cohorts" / "first-steps" / "manifest.json").is_file()
