"""Predicates mean what SQLite says they mean, NULL included.

Left out, where the two differ on purpose: text that is no number in a cast (SQLite makes 0 of it, here it is
a fault), whole numbers beyond 64 bits (SQLite goes on with decimals, here it is a fault), case of letters
beyond ASCII (SQLite leaves it), NUL in a text (SQLite ends it there), and whole numbers beyond 2^53 compared
with decimals. ILIKE, which SQLite
lacks, is LIKE of both sides in lower case.
"""

import sqlite3
from contextlib import closing
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from returns.pipeline import is_successful

from cohort_membership.predicates import Axis, Kind, holds, judge, parse

ATTRIBUTES = ("kind", "size")
AXES = {"a": Axis(attributes=ATTRIBUTES), "b": Axis(attributes=ATTRIBUTES), "n": Axis(Kind.WHOLE)}
LEVELS = ["", "a", "A", "ab", "aB", "a%", "a_b", "א", "十句话", "7", "70", "x\ny", "o'k", "\\", "(.*)", "𝔸"]
SIZES = [None, "7", " 8 ", "-70", "+405", "0", "007"]

texts_written = st.sampled_from(LEVELS).map(lambda text: "'" + text.replace("'", "''") + "'")
patterns = st.text(alphabet="%_aAb十(.\\", max_size=5).map(lambda text: f"'{text}'")
text_names = st.sampled_from(["a", "b", "a.kind", "b.kind", "a.size", '"a"."kind"'])
wholes = st.one_of(st.integers(-3, 9).map(str), st.just("n"), st.just("CAST(a.size AS INTEGER)"))
doubles = st.one_of(st.sampled_from(["0.5", "2.0", "1e2", ".25"]), st.just("CAST(b.size AS DOUBLE)"))


def _deeper_text(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds("{}({})".format, st.sampled_from(["LOWER", "upper"]), inner)


def _deeper_number(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
        st.builds("{} {} {}".format, inner, st.sampled_from("+-*/"), inner),
        st.builds("- {}".format, inner.filter(lambda one: not one.startswith("-"))),
        st.builds("CAST({} AS {})".format, inner, st.sampled_from(["INTEGER", "DOUBLE"])),
        st.builds("LENGTH({})".format, texts),
    )


texts = st.recursive(st.one_of(text_names, texts_written), _deeper_text, max_leaves=2)
numbers = st.recursive(st.one_of(wholes, doubles), _deeper_number, max_leaves=4)
comparisons = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
negated = st.sampled_from(["", "NOT "])


def _conditions(of: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    items = st.lists(of, min_size=1, max_size=3).map(", ".join)
    return st.one_of(
        st.builds("{} {} {}".format, of, comparisons, of),
        st.builds("{} {}IN ({})".format, of, negated, items),
        st.builds("{} {}BETWEEN {} AND {}".format, of, negated, of, of),
        st.builds("{} IS {}NULL".format, of, negated),
    )


def _joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{} {} {}".format, inner, st.sampled_from(["AND", "or"]), inner),
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["AND", "OR", "=", "<>"]), inner),
        st.builds("NOT ({})".format, inner),
        st.builds("not {}".format, inner),
        st.builds("({}) IS {}NULL".format, inner, negated),
    )


likes = st.builds("{} {}{} {}".format, texts, negated, st.sampled_from(["LIKE", "ILIKE"]), patterns)
predicates = st.recursive(st.one_of(_conditions(texts), _conditions(numbers), likes), _joined, max_leaves=5)
columns = {
    **{name: st.sampled_from([one for one in LEVELS if one]) for name in ("a", "b")},
    **{
        f"{name}.kind": st.one_of(st.none(), st.sampled_from([one for one in LEVELS if one])) for name in "ab"
    },
    **{f"{name}.size": st.sampled_from(SIZES) for name in "ab"},
    "n": st.integers(1, 4),
}
tables = st.lists(st.fixed_dictionaries(columns), max_size=6)


def by_sqlite(text: str, rows: list[dict[str, Any]]) -> list[bool]:
    """Each row in a table a and a table b, so that `a.kind` is a name there too."""
    held = []
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE a (a TEXT, kind TEXT, size TEXT, n INTEGER)")
        database.execute("CREATE TABLE b (b TEXT, kind TEXT, size TEXT)")
        database.execute("PRAGMA case_sensitive_like = ON")
        for row in rows:
            database.execute("DELETE FROM a")
            database.execute("DELETE FROM b")
            database.execute(
                "INSERT INTO a VALUES (?, ?, ?, ?)", (row["a"], row["a.kind"], row["a.size"], row["n"])
            )
            database.execute("INSERT INTO b VALUES (?, ?, ?)", (row["b"], row["b.kind"], row["b.size"]))
            held.append(database.execute(f"SELECT 1 FROM a, b WHERE {text}").fetchone() is not None)
    return held


def ours(text: str, rows: list[dict[str, Any]]) -> list[bool] | None:
    """The same by this package; None where a number does not fit in 64 bits."""
    types = {name: pl.Int64 if name == "n" else pl.String for name in columns}
    frame = pl.DataFrame(rows, schema=types)
    held = holds(judge(parse(text).unwrap(), AXES).unwrap(), frame)
    if not is_successful(held):
        assert all("64 bits" in one.detail for one in held.failure())
        return None
    assert held.unwrap().null_count() == 0
    assert held.unwrap().dtype == pl.Boolean
    return held.unwrap().to_list()


@settings(max_examples=150, deadline=None)
@given(predicates.filter(lambda text: "ILIKE" not in text), tables)
def test_a_row_is_kept_where_sqlite_keeps_it(text: str, rows: list[dict[str, Any]]) -> None:
    held = ours(text, rows)
    assert held is None or held == by_sqlite(text, rows)


ascii_tables = st.lists(
    st.fixed_dictionaries({**columns, "a": st.text("aAbB%_. \n(", min_size=1, max_size=4)}), max_size=6
)


@settings(max_examples=100, deadline=None)
@given(st.text("aAbB%_.\n(", max_size=5), ascii_tables)
def test_ilike_is_like_of_both_in_lower_case(pattern: str, rows: list[dict[str, Any]]) -> None:
    assert ours(f"a ILIKE '{pattern}'", rows) == by_sqlite(f"LOWER(a) LIKE '{pattern.lower()}'", rows)
