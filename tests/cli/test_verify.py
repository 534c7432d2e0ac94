"""Verifying: the files of a built cohort are compared with its manifest; nothing is changed."""

from pathlib import Path

from .conftest import Run


def test_a_built_cohort_is_intact(run: Run, data: Path) -> None:
    assert run("build", "first-steps").code == 0
    ran = run("verify", "first-steps")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "first-steps is intact: checked 2 files, 48 generations, 48 metadata files.\n"


def test_a_changed_spec_is_a_warning_beside_a_membership_that_is_intact(run: Run, data: Path) -> None:
    assert run("build", "first-steps").code == 0
    config = data / "cohorts" / "first-steps" / "spec" / "config.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("axes:\n", "axes:\n  essay_replicate: [1, 2]\n"), encoding="utf-8")
    ran = run("verify", "first-steps")
    assert ran.code == 0
    assert (
        "first-steps is not up to date: its spec, a catalog or the experiment changed since the build"
        in ran.err
    )


def test_damage_is_named_and_the_next_build_repairs_what_is_derived(run: Run, data: Path) -> None:
    assert run("build", "first-steps").code == 0
    membership = data / "cohorts" / "first-steps" / "membership.csv"
    whole = membership.read_bytes()
    membership.write_bytes(whole[:-10])
    seed = next((data / "gens" / "draft").glob("*/metadata.json"))
    seed.unlink()
    ran = run("verify", "first-steps", "--json")
    assert (ran.code, [one["code"] for one in ran.object["problems"]]) == (1, ["artifact-corrupt"] * 2)
    assert run("build", "first-steps").code == 0
    assert (membership.read_bytes(), seed.exists()) == (whole, True)
    assert run("verify", "first-steps").code == 0


def test_a_cohort_that_was_never_built_is_told(run: Run, data: Path) -> None:
    ran = run("verify", "first-steps", "--json")
    assert (ran.code, ran.object["problems"][0]["code"]) == (1, "artifact-corrupt")
