"""What holds between the parts: who may import whom, and that the pure parts touch nothing."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cohort_membership

PACKAGE = Path(cohort_membership.__file__).parent
PURE = sorted(
    path
    for name in (
        *(
            "problems",
            "columns.py",
            "document.py",
            "experiment.py",
            "stage.py",
            "projection.py",
            "draft_essay_evaluation.py",
        ),
        *("spec.py", "catalog.py", "design.py", "plan.py", "attrition.py", "membership.py", "sources.py"),
        *(
            "artifacts.py",
            "manifest.py",
            "metadata.py",
            "json_schema.py",
            "redaction.py",
            "spec_schema.py",
            "suggest.py",
            "visible_text.py",
            "pipeline.py",
            "verify.py",
        ),
        *(
            "rules",
            "validate",
            "generate",
            "identity",
            "predicates",
            "cover",
            "radix.py",
            "sample",
            "union",
            "report",
        ),
        *(
            "load/text",
            "load/spec/decode.py",
            "load/catalogs/text.py",
            "load/results/names.py",
            "load/results/text.py",
            "life",
            "results.py",
        ),
        *("other_cohorts/identities.py", "other_cohorts/collisions.py"),
        *("cost", "pricing.py", "load/experiment/pricing.py"),
        *("load/experiment/decode.py", "load/experiment/catalogs.py", "load/experiment/results.py"),
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
FROM_BYTES = {"load/text/in_order.py": "piece.encode()", "load/results/text.py": "data"}
"""Allowed where what is read are these bytes."""
ALLOWED = {"generate/shuffle.py": {"random"}, "redaction.py": {"urllib"}}
"""A shuffle with a given seed is deterministic; of urllib only what reads an escaped text is used."""


def _imports(tree: ast.AST) -> set[str]:
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("path", PURE, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_pure_module_touches_no_file_clock_environment_or_randomness(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    name = path.relative_to(PACKAGE).as_posix()
    allowed = ALLOWED.get(name, set())
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
                if [ast.unparse(one) for one in targets] == [FROM_BYTES.get(name)]:
                    continue
                assert called.attr in IN_MEMORY
                assert not targets


def test_the_tests_know_every_module_of_the_service() -> None:
    edges = {
        "cli",
        "follow",
        "dagster",
        "stores",
        "load",
        "persist.py",
        "ports.py",
        "executors.py",
        "regular_files.py",
        "wiring.py",
        "notebook",
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
        _ = cohort_membership.nothing  # type: ignore[attr-defined]


OWN_WORDS = re.compile("draft|essay|evaluation", re.IGNORECASE)
NAMES_OF_THE_BUILT_IN = re.compile(
    "draft[-_]essay[-_]evaluation"  # the value, its module and its example
    "|https://json-schema.org/draft/\\S+|SensorEvaluationContext|AssetCheckEvaluation"  # names of others
    "|^  cohort-membership .*$",  # an example of a command, on the cohort that `init` gives
    re.IGNORECASE | re.MULTILINE,
)
MAY_SAY_THEM = ("draft_essay_evaluation.py", "example/")


def test_no_module_but_the_built_in_value_and_the_example_says_what_its_stages_are_called() -> None:
    found = {}
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).as_posix()
        text = NAMES_OF_THE_BUILT_IN.sub("", path.read_text(encoding="utf-8"))
        if not name.startswith(MAY_SAY_THEM) and (words := OWN_WORDS.findall(text)):
            found[name] = words
    assert not found
