"""Counting: exact sizes of any design, at once, without a row being made."""

from pathlib import Path

from .conftest import Run


def _with_replicates(data: Path, number: int) -> None:
    spec = data / "cohorts" / "first-steps" / "spec"
    (spec / "replicates.txt").write_text("\n".join(map(str, range(1, number + 1))), encoding="utf-8")
    config = spec / "config.yaml"
    axes = "".join(
        f"  {stage}_replicate: '@file:replicates.txt'\n" for stage in ("draft", "essay", "evaluation")
    )
    config.write_text(
        config.read_text(encoding="utf-8").replace("axes:\n", f"axes:\n{axes}"), encoding="utf-8"
    )


def test_counting_shows_rows_by_stage_and_writes_nothing(run: Run, data: Path) -> None:
    before = sorted(data.rglob("*"))
    ran = run("count", "first-steps")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == "first-steps has 48 generations."
    assert sorted(data.rglob("*")) == before


def test_a_design_of_many_trillions_is_counted_though_it_is_too_large_to_build(run: Run, data: Path) -> None:
    _with_replicates(data, 5_000)
    ran = run("count", "first-steps", "--json")
    assert ran.object["counts"] == {
        "draft": 12 * 5_000,
        "essay": 12 * 5_000**2,
        "evaluation": 24 * 5_000**3,
    }
    assert ran.object["rows"] == sum(ran.object["counts"].values())
    built = run("build", "first-steps", "--json")
    assert (built.code, [one["code"] for one in built.object["problems"]]) == (1, ["design-too-large"])


def test_counting_tells_what_is_wrong(run: Run, data: Path) -> None:
    ran = run("count", "no-such-cohort", "--json")
    assert (ran.code, [one["code"] for one in ran.object["problems"]]) == (1, ["spec-not-found"])
