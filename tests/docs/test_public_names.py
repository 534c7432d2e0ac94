"""What the public names tell people, and type checkers."""

import pydoc
import subprocess
import sys
from pathlib import Path

import pytest

import cohort_membership
from cohort_membership import BuildRequest, local_builder, pipeline, spec_from_mapping
from cohort_membership.generate import generate
from cohort_membership.load.catalogs.reader import catalog_reader
from cohort_membership.load.files.local import local_file_reader

from .data_roots import example_root
from .pages import REPOSITORY


def test_pyright_sees_the_public_names_and_no_others() -> None:
    pytest.importorskip("pyright")
    program = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "tests/docs/typed_api.py"]
    done = subprocess.run(program, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", cohort_membership.__all__)
def test_help_says_what_a_public_name_is(name: str) -> None:
    value = getattr(cohort_membership, name)
    if callable(value):
        page = pydoc.plain(pydoc.render_doc(value))
        assert (value.__doc__ or "").splitlines()[0] in page
        assert not (value.__doc__ or "").startswith(f"{name}("), "a docstring, not the generated signature"


def test_the_steps_of_the_pipeline_are_exported_with_a_docstring() -> None:
    for name in ("load", "validate", "generate", "persist"):
        assert name in pipeline.__all__
        assert getattr(pipeline, name).__doc__


def test_values_show_themselves_in_a_few_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = example_root(tmp_path / "example")
    builder = local_builder(root)
    plan = builder.plan(BuildRequest("coupled-judges")).unwrap()
    catalogs = catalog_reader(local_file_reader(root))().unwrap()
    spec = spec_from_mapping({"axes": {"combo_id": [f"c{number}" for number in range(1000)]}})
    shown = [repr(one) for one in (plan, generate(plan), catalogs, spec)]
    assert [len(one) < 400 and "\n" not in one for one in shown] == [True] * 4, shown
