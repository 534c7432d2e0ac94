"""What a person is told although nothing is wrong, with where it stands."""

import pytest

from cohort_membership.load.catalogs.text import catalogs_from_ids
from cohort_membership.membership import BuildRequest
from cohort_membership.sources import Sources
from cohort_membership.validate import validate
from cohort_membership.validate.couple import MOST_UNUSED
from tests.plain_specs import spec
from tests.rules.applied import coupled

AXES = {
    "combo_id": ["c1"],
    **{
        f"{stage}_{part}": ["a"] for stage in ("draft", "essay", "evaluation") for part in ("template", "llm")
    },
}


@pytest.mark.parametrize(
    ("axes", "rules", "level", "place"),
    [
        ("{a: [a1, a2], b: [b1]}", "{pairs: {p: {left: a, right: b, allowed: [[a1, b1]]}}}", "a2", 16),
        ("{a: [x, y], b: [x, z]}", "{ties: {p: [a, b]}}", "y", 15),
    ],
    ids=["a pair", "a tie"],
)
def test_a_level_that_a_rule_leaves_unused_is_named_once_where_it_stands(
    axes: str, rules: str, level: str, place: int
) -> None:
    (notice, *others) = [one for one in coupled(rules, axes).notices if f" {level!r} of a " in one]
    (section,) = (name for name in ("pairs", "ties") if name in rules)
    assert notice.endswith(f":1:{place}: rules.{section}.p leaves the level {level!r} of a unused")
    assert not others


def test_a_level_that_a_subset_of_a_tie_takes_from_its_other_axis_is_named() -> None:
    rules = "{ties: {t: [a, b]}, subsets: {t: [x]}}"
    assert coupled(rules, "{a: [x, y], b: [x, y]}").notices == (
        "f:1:26: rules.subsets.t leaves the level 'y' of b unused",
    )


def test_of_many_unused_levels_some_are_named_and_the_rest_counted() -> None:
    many = ", ".join(f"a{number}" for number in range(MOST_UNUSED + 6))
    rules = "{pairs: {p: {left: a, right: b, allowed: [[a0, b1]]}}}"
    *named, counted = coupled(rules, f"{{a: [{many}], b: [b1]}}").notices
    assert len(named) == MOST_UNUSED
    assert counted == "rules.pairs.p leaves 5 more levels of a unused"


def test_two_ids_of_a_catalog_that_look_alike_are_told() -> None:
    alike = ["caf\u00e9", "cafe\u0301"]
    catalogs = catalogs_from_ids(
        {stage: ["a"] for stage in ("draft", "essay", "evaluation")}, ["a"], ["c1", *alike]
    )
    plan = validate(Sources(BuildRequest("cohort"), spec(AXES), catalogs)).unwrap()
    (notice,) = plan.notices
    assert f".csv: {alike[1]!r} looks like {alike[0]!r}" in notice
