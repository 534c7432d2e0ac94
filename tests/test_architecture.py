"""What holds between the parts: who may import whom, and that the pure parts touch nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import cohort_membership

PACKAGE = Path(cohort_membership.__file__).parent
PURE = sorted(
    path
    for name in (
        *("problems", "spec.py", "catalog.py", "stages.py", "design.py", "plan.py", "membership.py"),
        *(
            "sources.py",
            "artifacts.py",
            "suggest.py",
            "pipeline.py",
            "verify.py",
            "validate",
            "generate",
            "identity",
        ),
        *(f"load/{one}_text.py" for one in ("csv", "json", "txt", "utf8", "yaml")),
        *("load/spec_decode.py", "load/spec_lists.py", "load/tree.py"),
    )
    for path in ([PACKAGE / name] if name.endswith(".py") else (PACKAGE / name).rglob("*.py"))
)
EFFECTS = {
    *("os", "io", "pathlib", "shutil", "tempfile", "socket", "subprocess", "time", "datetime", "secrets"),
    *("uuid", "logging", "urllib", "http", "glob", "fcntl", "signal", "getpass", "platform"),
}
EFFECT_CALLS = {"open", "print", "input", "exec", "eval", "__import__"}
POLARS_EFFECTS = ("read_", "scan_", "sink_", "write_")
IN_MEMORY = {"write_csv"}
"""Allowed where its target is text: `frame.write_csv()` without a file returns the text."""
SEEDED = {"generate/shuffle.py": {"random"}}
"""A seeded shuffle is deterministic."""


def _imports(tree: ast.AST) -> set[str]:
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("path", PURE, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_pure_module_touches_no_file_clock_environment_or_randomness(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    allowed = SEEDED.get(path.relative_to(PACKAGE).as_posix(), set())
    assert not _imports(tree) & ((EFFECTS | {"random"}) - allowed)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name):
                assert called.id not in EFFECT_CALLS
            if isinstance(called, ast.Attribute) and called.attr.startswith(POLARS_EFFECTS):
                targets = [
                    *node.args,
                    *(one for one in node.keywords if one.arg in {"file", "path", "source"}),
                ]
                assert called.attr in IN_MEMORY
                assert not targets


def test_the_tests_know_every_module_of_the_service() -> None:
    edges = {
        "cli",
        "dagster",
        "stores",
        "load",
        "persist.py",
        "ports.py",
        "executors.py",
        "wiring.py",
        "example",
        "__init__.py",
    }
    top = {path.name for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert top - edges <= {path.relative_to(PACKAGE).parts[0] for path in PURE}


@pytest.mark.parametrize(
    "statement",
    ["import cohort_membership", "import cohort_membership.pipeline, cohort_membership.wiring"],
)
def test_importing_the_package_imports_no_orchestrator_cloud_library_or_command_line(statement: str) -> None:
    heavy = "{'dagster', 'pydantic', 'cyclopts', 'rich', 'obstore', 'deltalake', 'dask', 'distributed'}"
    code = f"import sys; {statement}; print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_importing_the_package_alone_imports_no_table_library() -> None:
    code = "import sys, cohort_membership; print(*sorted({'polars', 'numpy', 'yaml'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_every_public_name_is_there_and_documented() -> None:
    for name in cohort_membership.__all__:
        assert getattr(cohort_membership, name) is not None
    assert set(cohort_membership.__all__) == set(cohort_membership._HOMES)
    assert set(cohort_membership.__all__) <= set(dir(cohort_membership))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = cohort_membership.nothing
