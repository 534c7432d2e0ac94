"""The `results` of an experiment: where workers leave what came of a generation."""

from cohort_membership.document import Node, Scalar, quoted
from cohort_membership.load.experiment.catalogs import decode_path
from cohort_membership.load.experiment.shape import RESULTS
from cohort_membership.results import FORMATS, Results
from cohort_membership.rules.decoding import Decoding, Fields
from cohort_membership.spec import Levels

_FILES = Results()
_TABLE = Results(done=("ok",), failed=("error",), table="")


def decode_results(decoding: Decoding, node: Node | None) -> Results:
    """What the section says; files of the default names where it is absent."""
    if node is None:
        return _FILES
    fields = decoding.fields(node, RESULTS.names, "results")
    if fields is None:
        return _FILES
    table_node = fields.value("table")
    if table_node is None:
        for key in RESULTS.only_given:
            name = fields.key(key)
            if name:
                decoding.invalid(name.location, "results", f"`{key}` beside `table` only", f"`{key}`")
        done = _marks(decoding, fields, "done", _FILES.done)
        failed = _marks(decoding, fields, "failed", _FILES.failed)
        for key, names in (("done", done), ("failed", failed)):
            entry = fields.value(key)
            for mark in names:
                if "/" in mark or mark in (".", "..") or "\0" in mark:
                    at = entry.location if entry else None
                    decoding.invalid(at, f"results.{key}", "the name of a file", quoted(mark))
        return Results(done, failed)
    table = decode_path(decoding, table_node, "results.table")
    if table and not table.endswith(FORMATS):
        formats = "a path that ends in .csv, .jsonl or .parquet"
        decoding.invalid(table_node.location, "results.table", formats, quoted(table))
    return Results(
        _marks(decoding, fields, "done", _TABLE.done),
        _marks(decoding, fields, "failed", _TABLE.failed),
        table,
        _name(decoding, fields, "id", _TABLE.id),
        _name(decoding, fields, "state", _TABLE.state),
    )


def _name(decoding: Decoding, fields: Fields, key: str, default: str) -> str:
    node = fields.value(key)
    text = None if node is None else decoding.text(node, f"results.{key}", "a column")
    return text.text if text else default


def _marks(decoding: Decoding, fields: Fields, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """One mark, or a list of them."""
    node = fields.value(key)
    if node is None:
        return default
    where = f"results.{key}"
    if isinstance(node, Scalar):
        text = decoding.text(node, where, "a mark")
        return (text.text,) if text else default
    levels, _ = decoding.levels(node, where, may_be_empty=key == "failed")
    if not isinstance(levels, Levels):
        decoding.invalid(node.location, where, "a mark, or a list of them", "something else")
        return default
    return tuple(levels.texts)
