"""`plan` and `diff` equal a comparison, row by row, of two memberships that a naive reading makes."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from returns.pipeline import is_successful

from cohort_membership.follow.diff import diff
from cohort_membership.follow.edges import open_followed
from cohort_membership.follow.plan import plan
from cohort_membership.load.experiment.reader import read_experiment
from cohort_membership.load.files.local import local_file_reader
from cohort_membership.membership import BuildRequest
from cohort_membership.wiring import open_builder
from tests.algebra.drawn_specs import draw_two
from tests.algebra.given import COHORT, Given, naive
from tests.algebra.naive_experiment import Rejected
from tests.life.left_results import SPEC, STORES, lay_out

Row: TypeAlias = Mapping[str, Any]


def edited(rng: random.Random, before: Given, other: Given) -> Given:
    """The spec with an edit or two, some of which take from the other spec."""
    spec = json.loads(json.dumps(before.spec))
    for _ in range(rng.choice([1, 1, 2])):
        axis = rng.choice(list(spec["axes"]))
        levels, others = spec["axes"][axis], other.spec["axes"].get(axis)
        match rng.choice(["fewer", "more", "other", "rules", "sample"]):
            case "fewer" if isinstance(levels, list) and len(levels) > 1:
                levels.pop(rng.randrange(len(levels)))
            case "more" if isinstance(levels, list) and isinstance(others, list):
                levels += others
            case "other" if others is not None:
                spec["axes"][axis] = others
            case "rules":
                spec["rules"] = other.spec.get("rules", {})
            case "sample":
                spec["sample"] = {"rows": rng.choice([1, 3, 10]), "seed": rng.randint(0, 3)}
    return Given(spec, before.files, before.experiment)


def edits(wanted: int, start: int) -> list[tuple[int, Given, Given]]:
    """So many memberships with an edit of each, both of which can be built."""
    found: list[tuple[int, Given, Given]] = []
    number = start
    while len(found) < wanted:
        before, other = draw_two(number)
        after = edited(random.Random(number), before, other)
        if not any(isinstance(naive(one), Rejected) for one in (before, after)):
            found.append((number, before, after))
        number += 1
    return found


def _write(root: Path, given: Given) -> None:
    for name, text in given.texts().items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def _rows(given: Given) -> Sequence[Row]:
    found = naive(given)
    assert not isinstance(found, Rejected)
    return list(found.rows)


def _carried(rows: Sequence[Row], root: Path) -> dict[str, dict[str, str]]:
    """By generation: the levels of its axes and of its ancestors'."""
    experiment = read_experiment(local_file_reader(root)).unwrap()
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        axes = experiment.by_name[row["stage"]].axis_of
        own = {axis: str(row[column]) for column, axis in axes.items() if row[column] is not None}
        above = found.get(row["parent_gen_id"], {experiment.subject: str(row[experiment.subject])})
        found[row["gen_id"]] = {**above, **own}
    return found


def naive_changes(before: Sequence[Row], after: Sequence[Row], root: Path) -> set[tuple[Any, ...]]:
    """Each level that only one side has, with the generations that only that side has and that carry it."""
    changes = set()
    for own, other, change in ((after, before, "added"), (before, after, "removed")):
        carried = _carried(own, root)
        known = {pair for levels in _carried(other, root).values() for pair in levels.items()}
        others = {row["gen_id"] for row in other}
        counts: dict[tuple[str, str], dict[str, int]] = {}
        for row in own:
            for pair in carried[row["gen_id"]].items():
                if pair not in known:
                    stages = counts.setdefault(pair, {})
                    if row["gen_id"] not in others:
                        stages[row["stage"]] = stages.get(row["stage"], 0) + 1
        changes |= {(*pair, change, frozenset(stages.items())) for pair, stages in counts.items()}
    return changes


def _told(changes: Sequence[Mapping[str, Any]]) -> set[tuple[Any, ...]]:
    return {(one["axis"], one["level"], one["change"], frozenset(one["stages"].items())) for one in changes}


def _assert_planned_as_naively(root: Path, edit: tuple[int, Given, Given], store: str) -> None:
    number, before, after = edit
    rng, address = random.Random(number), STORES[store](root)
    _write(root, before)
    _write(root, replace(after, cohort_id="other"))
    builder = open_builder(str(root), address).unwrap()
    builder.build(BuildRequest(COHORT)).unwrap()
    is_seeded = rng.random() < 0.5 and is_successful(builder.build(BuildRequest("other")))
    old, new = _rows(before), _rows(after)
    for row in rng.sample(new, min(4, len(new))):
        folder = root / f"gens/{row['stage']}/{row['gen_id']}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / rng.choice(["parsed.txt", "raw.txt"])).write_text("text")
    _write(root, after)
    followed = open_followed(str(root), address).unwrap()
    found = plan(followed, COHORT).unwrap()[0].as_json()
    stages: dict[str, dict[str, int]] = {}
    for stage in followed.experiment.by_name:
        was, now = ({row["gen_id"] for row in rows if row["stage"] == stage} for rows in (old, new))
        stages[stage] = {
            "rows": len(now),
            "new": len(now - was),
            "kept": len(now & was),
            "gone": len(was - now),
            "reused": len(now - was) if is_seeded else 0,
            "done": sum((root / f"gens/{stage}/{one}/parsed.txt").exists() for one in now),
        }
    told: dict[str, Any] = {**found, "usd": ..., "changes": _told(found["changes"])}  # type: ignore[arg-type]
    changes = naive_changes(old, new, root)
    expected = {"ok": True, "cohort_id": COHORT, "stages": stages, "changes": changes, "usd": ...}
    assert told == expected
    if is_seeded:
        compared = diff(followed, COHORT, "other").unwrap().as_json()
        assert _told(compared["changes"]) == changes  # type: ignore[arg-type]
        assert compared["stages"] == {
            stage: {"shared": one["kept"], "only_a": one["gone"], "only_b": one["new"]}
            for stage, one in stages.items()
        }


@pytest.mark.parametrize(("store", "start", "wanted"), [("data root", 0, 16), ("sqlite", 200, 4)])
def test_a_plan_and_a_diff_of_an_edited_spec_equal_a_comparison_of_two_memberships(
    tmp_path: Path, store: str, start: int, wanted: int
) -> None:
    for edit in edits(wanted, start):
        _assert_planned_as_naively(tmp_path / str(edit[0]), edit, store)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 2000, 100))
def test_plans_of_a_hundred_edited_specs_equal_a_comparison(tmp_path: Path, start: int) -> None:
    for edit in edits(10, start):
        _assert_planned_as_naively(tmp_path / str(edit[0]), edit, "data root")


@pytest.mark.parametrize("store", STORES)
def test_a_plan_before_the_first_build_says_that_all_is_new(tmp_path: Path, store: str) -> None:
    world = lay_out(tmp_path, "files", store)
    world.write("cohorts/beta/spec/config.yaml", SPEC.replace("[q1, q2]", "[q1, q3]"))
    change, _ = plan(world.followed, "beta").unwrap()
    assert change.stages["answer"] == {"rows": 16, "new": 16, "kept": 0, "gone": 0, "reused": 8, "done": 0}
    assert change.stages["note"] == {"rows": 2, "new": 2, "kept": 0, "gone": 0, "reused": 1, "done": 0}


def test_a_plan_with_another_seed_changes_no_generation(tmp_path: Path) -> None:
    world = lay_out(tmp_path)
    change, saved = plan(world.followed, "alpha", seed=7).unwrap()
    assert saved.seed == 7
    assert all((one["new"], one["gone"]) == (0, 0) for one in change.stages.values())
