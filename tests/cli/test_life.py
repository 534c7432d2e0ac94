"""The commands that follow a cohort after its build: what people read, what programs read, exit codes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from .conftest import Run, files

Leave: TypeAlias = Callable[..., None]
STORE = "sqlite:///memberships.db"


@pytest.fixture
def ids(run: Run, data: Path) -> list[str]:
    """The generations of first-steps, which is built: 12 drafts, 12 essays, 24 evaluations."""
    assert run("build", "first-steps").code == 0
    lines = (data / "cohorts/first-steps/membership.csv").read_text().splitlines()[1:]
    return [line.partition(",")[2] for line in lines]


@pytest.fixture
def leave(data: Path) -> Leave:
    """Leaves the mark of something done, or another, of generations."""

    def left(*gen_ids: str, mark: str = "parsed") -> None:
        stages = {"d": "draft", "e": "essay", "v": "evaluation"}
        for gen_id in gen_ids:
            folder = data / "gens" / stages[gen_id[0]] / gen_id
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{mark}.txt").write_text("text")

    return left


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


# ------------------------------------------------------------------------ status


def test_status_shows_each_stage_and_ends_with_3_until_all_is_done(
    run: Run, ids: list[str], leave: Leave
) -> None:
    leave(*ids[:10])
    leave(ids[10], ids[12], mark="raw")
    leave("d_0")
    ran = run("status", "first-steps")
    assert (ran.code, ran.err) == (3, "")
    assert lines(ran.out) == [
        "first-steps is not complete.",
        "",
        "  stage       rows  done  failed  ready  blocked  stale",
        "  draft         12    10       1      1        0      0",
        "  essay         12     0       1      9        2      0",
        "  evaluation    24     0       0      0       24      0",
        "  ──────────  ────  ────  ──────  ─────  ───────  ─────",
        "  total         48    10       2     10       26      0",
        "",
        "1 generation with results is in no cohort (see `orphans`).",
    ]
    counts = {"rows": 12, "done": 10, "failed": 1, "ready": 1, "blocked": 0, "stale": 0}
    ran = run("status", "first-steps", "--json")
    assert (ran.code, ran.object["stages"]["draft"], ran.object["complete"]) == (3, counts, False)
    leave(*ids)
    ran = run("status", "first-steps", "--json")
    assert (ran.code, ran.object["complete"]) == (0, True)
    assert set(ran.object) == {"ok", "cohort_id", "complete", "stages", "unexpected"}
    assert run("status", "first-steps").out.startswith("first-steps is complete.\n")


def test_rows_of_results_that_are_not_whole_are_told_and_not_counted(
    run: Run, data: Path, ids: list[str]
) -> None:
    text = "extends: draft-essay-evaluation\nresults: {table: results.jsonl}\n"
    (data / "experiment.yaml").write_text(text)
    done = json.dumps({"gen_id": ids[0], "status": "ok"})
    (data / "results.jsonl").write_text(f"{done}\n{done[:20]}")
    ran = run("status", "first-steps")
    assert "warning: 1 row of results did not read" in ran.err
    assert run("status", "first-steps", "--json").object["stages"]["draft"]["done"] == 1


def test_status_of_all_cohorts_is_a_line_for_each(run: Run, ids: list[str], leave: Leave) -> None:
    assert run("build", "coupled-judges").code == 0
    leave(*ids)
    leave("d_0")
    ran = run("status", "--all")
    assert (ran.code, ran.err) == (3, "")
    first, *shown, _ = lines(ran.out)
    assert first.split() == ["cohort", "rows", "done", "failed", "ready", "blocked", "stale"]
    assert shown[1].split() == ["first-steps", "48", "48", "0", "0", "0", "0"]
    found = run("status", "--all", "--json").object
    alone = [run("status", one, "--json").object for one in ("coupled-judges", "first-steps")]
    for one in alone:
        del one["ok"]
    assert found == {"ok": True, "complete": False, "cohorts": alone}
    assert [one["unexpected"] for one in alone] == [1, 1]


def test_status_of_all_cohorts_tells_the_problems_of_every_one(run: Run, data: Path, ids: list[str]) -> None:
    assert run("build", "coupled-judges").code == 0
    for cohort in ("coupled-judges", "first-steps"):
        (data / "cohorts" / cohort / "manifest.json").write_text("{")
    ran = run("status", "--all", "--json")
    places = [one["location"]["file"] for one in ran.object["problems"]]
    assert (ran.code, places) == (
        1,
        ["cohorts/coupled-judges/manifest.json", "cohorts/first-steps/manifest.json"],
    )


def test_nothing_is_built_yet_and_that_is_no_error(run: Run, data: Path) -> None:
    assert run("status", "--all").out == "No cohort is built yet.\n"
    assert run("status", "--all", "--json").object == {"ok": True, "complete": True, "cohorts": []}


@pytest.mark.parametrize("command", ["status", "validate"])
def test_a_cohort_or_all_is_asked_for_and_not_both(run: Run, data: Path, command: str) -> None:
    for arguments in ((), ("first-steps", "--all")):
        ran = run(command, *arguments)
        assert (ran.code, ran.out) == (2, "")
        assert "give a COHORT or --all" in ran.err


# -------------------------------------------------------------------------- next


def test_next_gives_json_lines_a_table_or_ids(run: Run, data: Path, ids: list[str], leave: Leave) -> None:
    leave(ids[0])
    ran = run("next", "first-steps", "--json")
    assert (ran.code, ran.err) == (0, "")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [row["gen_id"] for row in rows] == ids[1:13]
    assert rows[-1] == {
        "stage": "essay",
        "gen_id": ids[12],
        "origin_cohort_id": "first-steps",
        "parent_gen_id": ids[0],
        "combo_id": "combo_v1_sleep-codes",
        "template_id": "short-essay",
        "replicate": 1,
        "llm_model_id": "larch-large",
        "folder": f"gens/essay/{ids[12]}",
        "parent_folder": f"gens/draft/{ids[0]}",
        "template": None,
    }
    assert run("next", "first-steps", "--format", "ids").out.split() == ids[1:13]
    ran = run("next", "first-steps", "--format", "csv", "--stage", "essay")
    assert ran.out.splitlines() == [
        "stage,gen_id,origin_cohort_id,parent_gen_id,combo_id,template_id,llm_model_id,replicate,"
        "folder,parent_folder,template",
        f"essay,{ids[12]},first-steps,{ids[0]},combo_v1_sleep-codes,short-essay,larch-large,1,"
        f"gens/essay/{ids[12]},gens/draft/{ids[0]},",
    ]
    assert run("next", "first-steps", "--out", "todo.jsonl").out == ""
    assert [json.loads(line) for line in Path("todo.jsonl").read_text().splitlines()] == rows
    assert run("next", "first-steps", "--format", "ids", "--limit", "2").out.split() == ids[1:3]
    parts = [run("next", "first-steps", "--format", "ids", "--shard", f"{one}/3").out for one in (1, 2, 3)]
    assert sorted("".join(parts).split()) == sorted(ids[1:13])


def test_next_leaves_out_what_failed_until_it_is_asked_for(run: Run, ids: list[str], leave: Leave) -> None:
    leave(ids[0], mark="raw")
    assert run("next", "first-steps", "--format", "ids").out.split() == ids[1:12]
    assert run("next", "first-steps", "--format", "ids", "--retry-failed").out.split() == ids[:12]


def test_next_of_a_cohort_that_is_done_is_nothing(run: Run, ids: list[str], leave: Leave) -> None:
    leave(*ids)
    assert (run("next", "first-steps").code, run("next", "first-steps").out) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--shard", "4/3"), "I from 1 to N"),
        (("--shard", "0/3"), "I from 1 to N"),
        (("--shard", "1"), "I from 1 to N"),
        (("--limit", "0"), "at least 1"),
        (("--stage", "esay"), "the stages are draft, essay, evaluation"),
        (("--format", "csv", "--json"), "--json"),
    ],
)
def test_next_that_makes_no_sense_is_wrong_usage(
    run: Run, ids: list[str], arguments: tuple[str, ...], words: str
) -> None:
    ran = run("next", "first-steps", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def test_a_file_that_cannot_be_written_is_a_problem(run: Run, ids: list[str]) -> None:
    ran = run("next", "first-steps", "--out", "nowhere/todo.jsonl", "--json")
    assert ran.code == 1
    assert ran.object["problems"][0]["code"] == "storage-denied"
    assert "nowhere/todo.jsonl" in ran.object["problems"][0]["message"]


# ----------------------------------------------------------------- plan and diff


def test_a_plan_shows_what_an_edit_costs(
    run: Run, data: Path, ids: list[str], leave: Leave, misspell: Callable[[str, str], None]
) -> None:
    leave(ids[0])
    misspell("larch-large, pebble-8b", "larch-large")
    before = files(data)
    ran = run("plan", "first-steps")
    assert (ran.code, ran.err) == (0, "")
    assert lines(ran.out) == [
        "first-steps: a build adds 0 generations and takes 24 away.",
        "",
        "  stage       rows  new  kept  gone  reused  done",
        "  draft          6    0     6     6       0     1",
        "  essay          6    0     6     6       0     0",
        "  evaluation    12    0    12    12       0     0",
        "  ──────────  ────  ───  ────  ────  ──────  ────",
        "  total         24    0    24    24       0     1",
        "",
        "     axis       level      generations",
        "  -  draft_llm  pebble-8b  6 draft, 6 essay, 12 evaluation",
    ]
    stages = {"draft": 6, "essay": 6, "evaluation": 12}
    assert run("plan", "first-steps", "--json").object == {
        "ok": True,
        "cohort_id": "first-steps",
        "stages": {
            stage: {"rows": n, "new": 0, "kept": n, "gone": n, "reused": 0, "done": int(stage == "draft")}
            for stage, n in stages.items()
        },
        "changes": [
            {"axis": "draft_llm", "level": "pebble-8b", "change": "removed", "stages": stages},
        ],
        "usd": 0,
    }
    assert files(data) == before


def test_a_plan_of_a_spec_with_a_mistake_is_rejected_as_a_build_is(
    run: Run, ids: list[str], misspell: Callable[[str, str], None]
) -> None:
    misspell("pebble-8b", "peble-8b")
    ran = run("plan", "first-steps", "--json")
    assert (ran.code, ran.object["problems"]) == (
        1,
        run("build", "first-steps", "--json").object["problems"],
    )


def test_a_diff_tells_what_two_cohorts_share(run: Run, ids: list[str]) -> None:
    ran = run("diff", "first-steps", "coupled-judges", "--json")
    assert (ran.code, ran.object["problems"][0]["code"]) == (1, "artifact-corrupt")
    assert run("build", "coupled-judges").code == 0
    ran = run("diff", "first-steps", "coupled-judges", "--json")
    assert (ran.code, set(ran.object)) == (0, {"ok", "stages", "changes"})
    stages: dict[str, dict[str, int]] = ran.object["stages"]
    assert stages["draft"]["shared"] + stages["draft"]["only_a"] == 12
    back = run("diff", "coupled-judges", "first-steps", "--json").object
    swapped = {stage: (one["shared"], one["only_b"], one["only_a"]) for stage, one in stages.items()}
    assert {stage: tuple(one.values()) for stage, one in back["stages"].items()} == swapped
    shown = run("diff", "first-steps", "coupled-judges")
    assert (shown.code, lines(shown.out)[0]) == (
        0,
        "  stage       both  only first-steps  only coupled-judges",
    )
    same = run("diff", "first-steps", "first-steps", "--json").object
    assert (same["changes"], same["stages"]["essay"]) == ([], {"shared": 12, "only_a": 0, "only_b": 0})


# ------------------------------------------------------------ explain and orphans


def test_an_id_is_explained_from_the_first_stage_to_itself(run: Run, ids: list[str], leave: Leave) -> None:
    leave(ids[0])
    ran = run("explain", ids[12])
    assert (ran.code, ran.err) == (0, "")
    assert lines(ran.out)[:3] == [
        f"{ids[12]} is a generation of essay: ready",
        "",
        "cohorts: first-steps (first in first-steps)",
    ]
    assert lines(ran.out)[-1] == "children: 2 of evaluation"
    found: dict[str, Any] = run("explain", ids[12], "--json").object
    assert [one["gen_id"] for one in found["lineage"]] == [ids[0], ids[12]]
    assert (found["state"], found["stale"], found["children"]) == ("ready", False, {"evaluation": 2})


def test_an_id_that_no_cohort_holds_is_a_problem_with_the_nearest_one(run: Run, ids: list[str]) -> None:
    ran = run("explain", f"{ids[0]}x", "--json")
    assert (ran.code, ran.object["problems"][0]["code"]) == (1, "unknown-generation")
    assert ran.object["problems"][0]["hint"] == f"did you mean {ids[0]!r}?"


def test_orphans_are_listed_and_left_alone(run: Run, data: Path, ids: list[str], leave: Leave) -> None:
    assert run("orphans").out == "Every generation on disk is in a cohort.\n"
    leave("d_0", "e_1")
    leave("e_2", mark="raw")
    before = files(data)
    ran = run("orphans")
    assert (ran.code, lines(ran.out)[-3:]) == (0, ["  d_0", "  e_1", "  e_2"])
    assert run("orphans", "--json").object == {
        "ok": True,
        "stages": {
            "draft": {"generations": 1, "done": 1},
            "essay": {"generations": 2, "done": 1},
            "evaluation": {"generations": 0, "done": 0},
        },
        "gen_ids": ["d_0", "e_1", "e_2"],
    }
    assert files(data) == before


# ------------------------------------------------------------------------ stores


def test_every_command_gives_the_same_of_a_membership_in_a_database(
    run: Run, data: Path, ids: list[str], leave: Leave
) -> None:
    pytest.importorskip("adbc_driver_sqlite")
    leave(*ids[:3])
    leave("d_0")
    commands = (
        *(("status", "first-steps"), ("next", "first-steps"), ("plan", "first-steps")),
        *(("diff", "first-steps", "first-steps"), ("explain", ids[12]), ("orphans",)),
    )
    here = [run(*command, "--json") for command in commands]
    assert run("build", "first-steps", "--store", STORE).code == 0
    (data / "cohorts/first-steps/manifest.json").unlink()
    there = [run(*command, "--json", "--store", STORE) for command in commands]
    assert there == here


@pytest.mark.parametrize(
    "command",
    [("status", "x"), ("next", "x"), ("plan", "x"), ("diff", "x", "x"), ("explain", "d_1"), ("orphans",)],
    ids=lambda command: command[0],
)
def test_a_store_that_is_none_is_a_problem_of_every_command(
    run: Run, data: Path, command: tuple[str, ...]
) -> None:
    ran = run(*command, "--store", "ftp://host/x", "--json")
    assert (ran.code, ran.object["problems"][0]["code"]) == (1, "storage-denied")
