"""What a build wrote, with other bytes, values or types in it, and every question that a store answers."""

import io
import json
from typing import Any

import polars as pl
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from returns.pipeline import is_successful
from returns.result import Result

from cohort_membership.membership import BuildRequest
from cohort_membership.pipeline import CohortMembershipBuilder
from cohort_membership.ports import MembershipReader, ReadFailed
from cohort_membership.problems import plain_text
from cohort_membership.stores.verification import verify_membership

FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

HOSTILE = ["\0", "\ud800", "../../outside", "/etc/passwd", "x" * 5_000, "1e999", "[red]", "\u202e"]
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**400, -(2**63), 2**63]),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(HOSTILE),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=5)), inner, max_size=3),
    ),
    max_leaves=4,
)


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """A JSON object of ours with other bytes in it, or with another value somewhere in it."""
    if draw(st.booleans()):
        start = draw(st.integers(0, len(whole)))
        return whole[:start] + draw(st.binary(max_size=6)) + whole[start + draw(st.integers(0, 30)) :]
    content = json.loads(whole)
    at = content
    while True:
        key = draw(st.sampled_from(sorted(at)))
        if not (isinstance(at[key], dict) and at[key]) or draw(st.booleans()):
            break
        at = at[key]
    at[key] = draw(values)
    return json.dumps(content).encode()


TYPES: list[Any] = [
    *(pl.Int64(), pl.Float64(), pl.Boolean(), pl.Binary(), pl.Null(), pl.Date(), pl.Categorical()),
    *(pl.List(pl.String), pl.Struct({"a": pl.String}), pl.UInt64(), pl.Decimal(5, 1)),
]


@st.composite
def damaged_table(draw: st.DrawFn, whole: bytes) -> bytes:
    """A table of ours with a column of another type, without one, with other cells, or with other bytes."""
    table = pl.read_parquet(whole)
    column = draw(st.sampled_from(table.columns))
    match draw(st.sampled_from(["type", "none", "cells", "bytes"])):
        case "type":
            table = table.with_columns(pl.lit(None, draw(st.sampled_from(TYPES))).alias(column))
        case "none":
            table = table.drop(column)
        case "cells":
            cells = st.none() if column == "replicate" else st.sampled_from([None, "", "\0", "essay", "d_1"])
            dtype = table[column].dtype
            drawn = draw(st.lists(cells, min_size=table.height, max_size=table.height))
            table = table.with_columns(pl.Series(column, drawn, dtype=dtype))
        case _:
            start = draw(st.integers(0, len(whole)))
            return whole[:start] + draw(st.binary(min_size=1, max_size=6)) + whole[start + 3 :]
    buffer = io.BytesIO()
    table.write_parquet(buffer)
    return buffer.getvalue()


def assert_told(result: Result[Any, Any]) -> None:
    """It is a value or problems, and these can be printed."""
    if not is_successful(result):
        assert result.failure()
        plain_text(result.failure()).encode()


def assert_read(reader: MembershipReader, builder: CohortMembershipBuilder) -> None:
    """Every question that a store answers, and the builds of this cohort and of another beside it."""
    plan = builder.plan(BuildRequest("alpha")).unwrap()
    assert_told(reader.cohorts())
    assert_told(reader.manifest("alpha"))
    assert_told(consumed(reader, plan.experiment.wide_columns))
    assert_told(reader.seeded("draft", pl.Series(["d_1", "..", "a/b", "\0", None])))
    assert_told(verify_membership(reader, plan))
    for request in (BuildRequest("beta", seed_metadata=False), BuildRequest("alpha")):
        assert_told(builder.build(request))


def consumed(reader: MembershipReader, columns: tuple[str, ...]) -> Result[Any, Any]:
    from returns.result import Failure, Success

    found = reader.rows("alpha", columns)
    try:
        return found.map(lambda tables: Success(list(tables)))
    except ReadFailed as failed:
        return Failure((failed.problem,))
