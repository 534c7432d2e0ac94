"""Every spec and every experiment that a page shows is built."""

import json
import re
from pathlib import Path

import pytest
import yaml
from returns.pipeline import is_successful

from cohort_membership import BuildRequest, local_builder, plain_text
from cohort_membership.experiment import Experiment
from cohort_membership.load.experiment.reader import parse_experiment
from cohort_membership.rules import KINDS

from .data_roots import TRIED, example_root, laid_over_the_axes, questions_root, tried
from .pages import EXPERIMENT, MAIN, RULES, Block, all_blocks, blocks

WANTS = re.findall(r"^\| ([^|]+) \| `([a-z]+: .*)` \|$", RULES.read_text(encoding="utf-8"), re.MULTILINE)
SHOWN = [one for one in all_blocks("yaml") if not one.text.startswith("type:")]
SPECS = [one for one in SHOWN if one.page != EXPERIMENT]
EXPERIMENTS = [one for one in SHOWN if one.page == EXPERIMENT]


def with_generations(root: Path, text: str) -> None:
    """For what starts from existing generations: those of the axes that the page begins with."""
    if "existing:" in text:
        tried(root, laid_over_the_axes("{}"))
        local_builder(root).build_or_raise(BuildRequest(TRIED))


def codes(root: Path) -> list[str]:
    """What stands against building the cohort that is tried; nothing where it is built."""
    result = local_builder(root).build(BuildRequest(TRIED, seed_metadata=False))
    return [] if is_successful(result) else [problem.code for problem in result.failure()]


@pytest.mark.parametrize("block", SPECS, ids=str)
def test_a_spec_is_built_or_rejected_as_its_page_says(block: Block, tmp_path: Path) -> None:
    root = questions_root(tmp_path)
    with_generations(root, block.text)
    whole = block.text.startswith("axes:") and not block.said
    tried(root, block.text if whole else laid_over_the_axes(block.text))
    assert codes(root) == ([block.said.removeprefix("rejected=")] if block.said else [])


@pytest.mark.parametrize(("want", "part"), WANTS)
def test_what_is_written_for_a_want_is_built(want: str, part: str, tmp_path: Path) -> None:
    root = questions_root(tmp_path)
    with_generations(root, part)
    tried(root, laid_over_the_axes(part))
    assert codes(root) == []


def test_the_table_of_wants_is_found_whole() -> None:
    text = RULES.read_text(encoding="utf-8")
    table = text[text.index("| I want | write |") :].split("\n\n")[0]
    assert len(WANTS) == len(table.splitlines()) - 2 >= 10


def test_the_page_on_rules_shows_every_kind_by_itself() -> None:
    text = RULES.read_text(encoding="utf-8")
    for kind in KINDS:
        section = text[text.index(f"\n### {kind.section}\n") :]
        assert f"  {kind.section}: {{" in section[: section.index("\n### ", 1)]


def test_the_main_page_says_how_large_its_cohort_is(tmp_path: Path) -> None:
    plan = local_builder(questions_root(tmp_path)).plan(BuildRequest("judged")).unwrap()
    answers, verdicts = plan.counts.values()
    assert f"{answers}\nanswers and {verdicts} verdicts" in MAIN.read_text(encoding="utf-8")


def test_the_mistake_of_the_main_page_is_shown_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cohort_membership.cli import main

    monkeypatch.chdir(tmp_path)
    spec = questions_root(tmp_path / "data") / "cohorts/judged/spec/config.yaml"
    spec.write_text(spec.read_text(encoding="utf-8").replace("[plain,", "[plian,"), encoding="utf-8")
    assert main(["validate", "judged"]) == 1
    (shown,) = (block.text for block in blocks(MAIN, "text"))
    assert shown.strip() in capsys.readouterr().err


def spec_of(experiment: Experiment, root: Path) -> str:
    """A spec with the first level of each axis that must be given."""
    from cohort_membership.load.catalogs.reader import catalog_reader
    from cohort_membership.load.files.local import local_file_reader

    catalogs = catalog_reader(local_file_reader(root))().unwrap().by_axis
    axes = {}
    for axis in experiment.axes:
        catalog = catalogs.get(axis)
        if axis not in experiment.defaults:
            axes[axis] = ["any" if catalog is None else catalog.table[catalog.id_column][0]]
    return yaml.safe_dump({"axes": axes}, sort_keys=False)


@pytest.mark.parametrize("block", EXPERIMENTS, ids=str)
def test_an_experiment_is_read_and_a_cohort_of_it_is_built(block: Block, tmp_path: Path) -> None:
    is_first = block == EXPERIMENTS[0]
    root = questions_root(tmp_path / "data") if is_first else example_root(tmp_path / "data")
    (root / "experiment.yaml").write_text(block.text, encoding="utf-8")
    experiment = parse_experiment(block.text.encode(), "experiment.yaml").unwrap()
    tried(root, spec_of(experiment, root))
    result = local_builder(root).build(BuildRequest(TRIED))
    assert is_successful(result), plain_text(result.failure())
    manifest = json.loads((root / "cohorts" / TRIED / "manifest.json").read_text(encoding="utf-8"))
    assert list(manifest["counts"].values()) == [1] * len(experiment.stages)


def test_a_row_of_a_catalog_without_an_id_is_an_error(tmp_path: Path) -> None:
    root = questions_root(tmp_path)
    tried(root, laid_over_the_axes("{}"))
    with (root / "models.csv").open("a", encoding="utf-8") as file:
        file.write(",nobody,free,1\n")
    assert codes(root) == ["catalog-invalid"]
