"""Specs as values, for tests that need no files."""

from collections.abc import Mapping, Sequence

from cohort_membership.document import Scalar
from cohort_membership.spec import Axis, Levels, Spec


def levels(texts: Sequence[str]) -> Levels:
    return Levels(tuple(texts), (None,) * len(texts))


def spec(axes: Mapping[str, Sequence[str]], *rules: object) -> Spec:
    declared = tuple(Axis(Scalar(name), levels(texts)) for name, texts in axes.items())
    return Spec(axes=declared, rules=rules)  # type: ignore[arg-type]
