"""A table of results from its bytes: ids and states, in the order of its rows.

A worker may be writing while it is read, or may have been killed in the middle of a line: a row that is not
whole is not a result yet. It is counted as unread, and never taken for another.
"""

import json

import polars as pl
from polars.exceptions import PolarsError
from returns.pipeline import is_successful
from returns.result import Result, Success

from cohort_membership.load.text.faults import Fault
from cohort_membership.load.text.sheet import read_sheet
from cohort_membership.load.text.utf8 import decode_utf8
from cohort_membership.problems import ArtifactCorrupt, Location, Problem, Problems, fail
from cohort_membership.results import USAGE, Results
from cohort_membership.suggest import nearest

NO_ROWS = pl.DataFrame(schema={"gen_id": pl.String, "state": pl.String})
WHOLE_NUMBER = r"^(\d{1,15})(?:\.0*)?$"
REMEDY = "put the file in order, or change `results` in the experiment"


def parse_results(data: bytes, file: str, results: Results) -> Result[tuple[pl.DataFrame, int], Problems]:
    r"""The rows of a file (`gen_id`, `state`, both String), and how many rows did not read.

    Where the file has the columns `input_tokens` and `output_tokens`, so have the rows (Int64): null where a
    cell holds no whole number.

    It can return `artifact-corrupt`: a file that is no table, or lacks a column.

    >>> data = b'{"gen_id": "a_1", "status": "ok"}\n{"gen_id": "a_2", "sta'
    >>> rows, unread = parse_results(data, "results/1.jsonl", Results(table="results/*.jsonl")).unwrap()
    >>> rows.rows(), unread
    ([('a_1', 'ok')], 1)
    """
    if file.endswith(".parquet"):
        return _parquet(data, file, results)
    return _jsonl(data, file, results) if file.endswith(".jsonl") else _csv(data, file, results)


def _parquet(data: bytes, file: str, results: Results) -> Result[tuple[pl.DataFrame, int], Problems]:
    if not data:
        return Success((NO_ROWS, 0))
    try:
        names = list(pl.read_parquet_schema(data))
        missing = _missing(names, file, results, None)
        if missing is not None:
            return fail(missing)
        told = [name for name in USAGE if name in names]
        table = pl.read_parquet(data, columns=[results.id, results.state, *told])
        return Success((_rows(table, results), 0))
    except PolarsError as error:
        return fail(_corrupt(file, "a parquet file", str(error).splitlines()[0]))


def _jsonl(data: bytes, file: str, results: Results) -> Result[tuple[pl.DataFrame, int], Problems]:
    if not data.strip():
        return Success((NO_ROWS, 0))
    try:
        # Columns that are not asked for are passed over; a line that is no object is an error.
        table = pl.read_ndjson(data, schema=dict.fromkeys((results.id, results.state, *USAGE), pl.String()))
        return Success((_rows(table, results), 0))
    except PolarsError:
        return _line_by_line(data, file, results)


def _line_by_line(data: bytes, file: str, results: Results) -> Result[tuple[pl.DataFrame, int], Problems]:
    """As a killed worker leaves it: the lines that read."""
    rows: list[tuple[str | None, ...]] = []
    lines = read = 0
    for line in data.split(b"\n"):
        if not line.strip():
            continue
        lines += 1
        found = _object(line)
        if found is None:
            continue
        read += 1
        gen_id, *others = (found.get(name) for name in (results.id, results.state, *USAGE))
        if isinstance(gen_id, str):
            rows.append((gen_id, *map(_as_text, others)))
    if lines > 1 and not read:
        return fail(_corrupt(file, "JSON objects, one a line", "none that reads", 1))
    schema = dict.fromkeys((results.id, results.state, *USAGE), pl.String())
    table = pl.DataFrame(rows, schema=schema, orient="row")
    return Success((_rows(table, results), lines - read))


def _as_text(value: object) -> str | None:
    return value if isinstance(value, str) else None if value is None else json.dumps(value)


def _object(line: bytes) -> dict[str, object] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _csv(data: bytes, file: str, results: Results) -> Result[tuple[pl.DataFrame, int], Problems]:
    """Rows of another width than the header's do not read; neither does a last line without its end."""
    whole, _, rest = data.rpartition(b"\n")
    unread = 1 if rest.strip() else 0
    if not whole.strip():
        return Success((NO_ROWS, unread))
    parsed = decode_utf8((whole + b"\n"), file).bind(lambda text: read_sheet(text, file))
    if not is_successful(parsed):
        return fail(*(_faulty(fault, file) for fault in parsed.failure()))
    sheet = parsed.unwrap()
    missing = _missing(sheet.header, file, results, sheet.header_line)
    if missing is not None:
        return fail(missing)
    ragged, ends = _told_apart(sheet.faults)
    if ends:
        return fail(*(_faulty(fault, file) for fault in ends))
    names = [results.id, results.state, *(name for name in USAGE if name in sheet.header)]
    columns = {name: sheet.columns[sheet.header.index(name)] for name in names}
    table = pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String()))
    return Success((_rows(table, results).filter(pl.col("gen_id") != ""), unread + ragged))


def _told_apart(faults: tuple[Fault, ...]) -> tuple[int, tuple[Fault, ...]]:
    """How many faults are rows of another width, and those that ended the reading."""
    ends = tuple(fault for fault in faults if not fault.expected.endswith("as in the header"))
    return len(faults) - len(ends), ends


def _rows(table: pl.DataFrame, results: Results) -> pl.DataFrame:
    names = [name for name in USAGE if name in table.columns]
    told = [pl.col(name).cast(pl.String).str.strip_chars().str.extract(WHOLE_NUMBER) for name in names]
    rows = table.select(
        pl.col(results.id).cast(pl.String).alias("gen_id"),
        pl.col(results.state).cast(pl.String).alias("state"),
        *(one.cast(pl.Int64) for one in told),
    ).drop_nulls("gen_id")
    is_told = len(names) == len(USAGE) and any(rows[name].is_not_null().any() for name in names)
    return rows if is_told else rows.select("gen_id", "state")


def _missing(
    names: "list[str] | tuple[str, ...]", file: str, results: Results, line: int | None
) -> Problem | None:
    lacking = [name for name in (results.id, results.state) if name not in names]
    if not lacking:
        return None
    guess = nearest(lacking[0], names)
    hint = f"did you mean {guess!r}? Name the column in `results`" if guess else REMEDY
    got = f"the columns {', '.join(map(repr, names[:10]))}"
    return _corrupt(file, f"the column {lacking[0]!r}", got, line, hint)


def _faulty(fault: "Fault", file: str) -> Problem:
    at = fault.location or Location(file)
    return ArtifactCorrupt(
        artifact=file, expected=fault.expected, got=fault.got, remedy=fault.remedy or REMEDY, location=at
    )


def _corrupt(file: str, expected: str, got: str, line: int | None = None, remedy: str = REMEDY) -> Problem:
    return ArtifactCorrupt(
        artifact=file, expected=expected, got=got, remedy=remedy, location=Location(file, line)
    )
