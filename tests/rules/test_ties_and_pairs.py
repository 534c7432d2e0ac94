"""Ties and pairs of axes that are coupled already: a table that would be too tall is not made."""

import pytest

from tests.rules.applied import heights_of_joins, kept, told

AXES = "{a: [x, y], b: [b1, b2, b3], c: [x, y], subject: [s1, s2, s3]}"
COUPLED = (
    "p: {left: a, right: b, allowed: [[x, b1], [x, b2], [x, b3]]}, "
    "q: {left: c, right: subject, allowed: [[x, s1], [x, s2], [x, s3]]}"
)
TIE = f"{{pairs: {{{COUPLED}}}, ties: {{t: [a, c]}}}}"
PAIR = f"{{pairs: {{{COUPLED}, r: {{left: a, right: c, allowed: [[x, x]]}}}}}}"


@pytest.mark.parametrize(("rules", "name"), [(TIE, "t"), (PAIR, "r")])
def test_a_table_that_would_be_too_tall_is_not_made(
    monkeypatch: pytest.MonkeyPatch, rules: str, name: str
) -> None:
    monkeypatch.setattr("cohort_membership.validate.couple.LEAST_LIMIT", 8)
    heights = heights_of_joins(monkeypatch)
    assert told(rules, AXES) == [f"design-too-large of '{name}'"]
    assert max(heights) == 3
    monkeypatch.setattr("cohort_membership.validate.couple.LEAST_LIMIT", 9)
    assert len(kept(rules, AXES)) == 9
    assert max(heights) == 9
