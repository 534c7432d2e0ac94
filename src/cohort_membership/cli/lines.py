"""Rows that are written as they come: a JSON object a line, a CSV table, or ids alone."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl
from returns.result import Result, Success

from cohort_membership.cli.streams import write_text
from cohort_membership.cli.write_file import write_file
from cohort_membership.experiment import Experiment
from cohort_membership.ports import ReadFailed
from cohort_membership.problems import Problems, fail


def write_lines(
    frames: Iterable[pl.DataFrame], form: str, experiment: Experiment, out: Path | None
) -> Result[None, Problems]:
    """Write frames of one stage each to stdout, or to a file that is whole when it has its name."""
    texts = _texts(frames, form, experiment)
    try:
        if out is None:
            for text in texts:
                write_text(sys.stdout, text)
            return Success(None)
        return write_file(out, texts)
    except ReadFailed as failed:
        return fail(failed.problem)


def _texts(frames: Iterable[pl.DataFrame], form: str, experiment: Experiment) -> Iterator[str]:
    columns = [*experiment.wide_columns, "folder", "parent_folder", "template"]
    if form == "csv":
        yield ",".join(columns) + "\n"
    for frame in frames:
        if form == "ids":
            yield "\n".join(frame["gen_id"].to_list()) + "\n"
        elif form == "jsonl":
            yield frame.write_ndjson()
        else:
            missing = [pl.lit(None, pl.String).alias(one) for one in columns if one not in frame.columns]
            yield frame.with_columns(missing).select(columns).write_csv(include_header=False)
