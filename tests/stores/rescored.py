"""Rescoring over a store: new generations below some that a build has left there."""

from pathlib import Path

from cohort_membership.membership import BuildRequest
from cohort_membership.wiring import open_builder, open_reader
from tests.stores.cohorts import QUESTIONS, Laid, lay_out, read_table

SPEC = """
axes: {{verdict_template: [again], verdict_llm: [judge]}}
rules: {{existing: {{best: {{stage: answer, ids: [{ids}]}}}}}}
"""


def assert_rescored(folder: Path, address: str) -> None:
    """Answers in the store are judged anew: they come out as they are there, and one that is not is told."""
    root = lay_out(folder / "rescored", "alpha", kind=QUESTIONS)
    builder = open_builder(str(root), address).unwrap()
    builder.build_or_raise(BuildRequest("alpha"))
    reader = open_reader(address).unwrap()
    whole = read_table(reader, Laid(root, QUESTIONS).experiment)
    answers = whole.filter(whole["stage"] == "answer")
    chosen = answers[[2, 0]]
    spec = root / "cohorts/again/spec/config.yaml"
    spec.parent.mkdir(parents=True)
    spec.write_text(SPEC.format(ids=", ".join(chosen["gen_id"])), encoding="utf-8")
    report = builder.build_or_raise(BuildRequest("again"))
    assert (report.counts, report.seeded, report.reused) == ({"answer": 2, "verdict": 2}, 2, 2)
    found = read_table(reader, Laid(root, QUESTIONS).experiment, "again")
    again = found.filter(found["stage"] == "answer")
    assert again.drop("origin_cohort_id").rows() == chosen.drop("origin_cohort_id").rows()
    verdicts = found.filter(found["stage"] == "verdict")
    assert verdicts["parent_gen_id"].to_list() == chosen["gen_id"].to_list()
    assert not verdicts["gen_id"].is_in(whole["gen_id"].implode()).any()
    verdict = whole.filter(whole["stage"] == "verdict")["gen_id"][0]
    spec.write_text(SPEC.format(ids=f"{chosen['gen_id'][0]}, a_none, {verdict}"), encoding="utf-8")
    problems = builder.build(BuildRequest("again")).failure()
    assert [one.code for one in problems] == ["missing-parent", "generation-conflict"]
