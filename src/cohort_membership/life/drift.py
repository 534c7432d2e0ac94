"""What has changed since generations were seeded: the texts of templates, the rows of subjects."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from cohort_membership.metadata import SUBJECT_SHA256, TEMPLATE_SHA256
from cohort_membership.problems import counted
from cohort_membership.stage import TEMPLATE

OF_TEXT, OF_ROWS = "of_text", "of_rows"


@dataclass(frozen=True, slots=True, order=True)
class Drift:
    """Generations of a stage were made with an earlier `text` of a template, or with earlier `rows` of a
    subject."""

    stage: str
    what: Literal["text", "rows"]
    level: str


def drifted(
    rows: pl.DataFrame,
    metadata: pl.Series,
    texts: Mapping[str, str],
    subjects: Mapping[str, str],
    subject: str,
) -> pl.DataFrame:
    """Those of the rows, of one stage, whose text or subject is another than the one they were seeded with,
    with `of_text` and `of_rows` (Boolean).

    `metadata` holds each one's as JSON text (null where there is none); `texts` and `subjects` are the
    digests of today, by template and by level of `subject`. What was not recorded, or is not there today,
    has not changed.

    >>> rows = pl.DataFrame({"stage": ["a", "a"], "template_id": ["t", "t"], "q": ["x", "x"]})
    >>> metadata = pl.Series(['{"template_sha256": "old"}', '{"template_sha256": "new"}'])
    >>> drifted(rows, metadata, {"t": "new"}, {}, "q").height
    1
    """
    return rows.with_columns(
        _differs(metadata, TEMPLATE_SHA256, rows[TEMPLATE], texts).alias(OF_TEXT),
        _differs(metadata, SUBJECT_SHA256, rows[subject], subjects).alias(OF_ROWS),
    ).filter(pl.col(OF_TEXT) | pl.col(OF_ROWS))


def _differs(metadata: pl.Series, key: str, levels: pl.Series, digests: Mapping[str, str]) -> pl.Series:
    then = metadata.str.json_path_match(f"$.{key}")
    now = levels.cast(pl.String).replace_strict(dict(digests), default=None, return_dtype=pl.String)
    return (then != now).fill_null(value=False)


def drift_counts(rows: pl.DataFrame, subject: str) -> Counter[Drift]:
    """How many generations have drifted, by what has changed; `rows` are what `drifted` gives."""
    found: Counter[Drift] = Counter()
    for flag, column, what in ((OF_TEXT, TEMPLATE, "text"), (OF_ROWS, subject, "rows")):
        counts = rows.filter(flag).group_by("stage", pl.col(column).alias("level")).len()
        for stage, level, count in counts.iter_rows():
            found[Drift(str(stage), what, str(level))] += count  # type: ignore[arg-type]
    return found


def drift_notices(counts: Mapping[Drift, int]) -> tuple[str, ...]:
    """What to tell of generations that have drifted.

    >>> drift_notices({Drift("verdict", "text", "rubric-a"): 2592})
    ('2,592 verdicts were made with an earlier text of rubric-a',)
    """
    return tuple(
        f"{counted(count, one.stage)} {'was' if count == 1 else 'were'} made with "
        f"{'an earlier text' if one.what == 'text' else 'earlier catalog rows'} of {one.level}"
        for one, count in sorted(counts.items())
    )
