"""EDGE: the tokens that done generations took, as workers leave them, beside a pure parse."""

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

import polars as pl
from returns.pipeline import is_successful
from returns.result import Failure, Result, Success

from cohort_membership.experiment import Experiment
from cohort_membership.life.outcomes import NO_USAGE, Outcomes
from cohort_membership.ports import FileReader, ReadFault
from cohort_membership.problems import Location, Problem, Problems, StorageDenied, StorageUnavailable

RAW_METADATA = "raw_metadata.json"
LIMIT = 64 * 2**20
READERS = 8


def read_usage(
    read: FileReader, experiment: Experiment, outcomes: Outcomes
) -> Result[pl.DataFrame, Problems]:
    """What done generations took, where it is told: `gen_id`, `input_tokens`, `output_tokens` (Int64).

    A table of results told it already. Of results as files it is `usage.prompt_tokens` and
    `usage.completion_tokens` in `raw_metadata.json`; one that is no JSON, half-written mostly, tells nothing.
    It can return the storage problems.
    """
    if experiment.results.table is not None:
        return Success(outcomes.usage)
    stages = {stage.id_prefix: stage.name for stage in experiment.stages}
    paths = {
        gen_id: f"gens/{stages[prefix]}/{gen_id}/{RAW_METADATA}"
        for gen_id in outcomes.done.to_list()
        if (prefix := gen_id[: gen_id.rfind("_") + 1]) in stages
    }

    def one(path: str) -> Result[bytes, ReadFault]:
        return read(path, within=".", limit=LIMIT)

    with ThreadPoolExecutor(READERS) as readers:
        found = dict(zip(paths, readers.map(one, paths.values()), strict=True))
    problems = tuple(_unread(found[gen_id], path) for gen_id, path in paths.items())
    wrong = tuple(one for one in problems if one is not None)
    if wrong:
        return Failure(wrong)
    told = {gen_id: tokens_told(data.unwrap()) for gen_id, data in found.items() if is_successful(data)}
    return Success(_table((gen_id, *tokens) for gen_id, tokens in told.items() if tokens is not None))


def tokens_told(data: bytes) -> tuple[int, int] | None:
    """The tokens of the prompt and of the answer that raw metadata tells; None where it does not.

    >>> tokens_told(b'{"usage": {"prompt_tokens": 900, "completion_tokens": 700}}'), tokens_told(b'{"usa')
    ((900, 700), None)
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return None
    usage = content.get("usage") if isinstance(content, Mapping) else None
    if not isinstance(usage, Mapping):
        return None
    took, gave = (_count(usage.get(key)) for key in ("prompt_tokens", "completion_tokens"))
    return None if took is None or gave is None else (took, gave)


def _count(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value < 10**15 else None


def _table(rows: "Iterable[tuple[object, ...]]") -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=NO_USAGE.schema, orient="row")


def _unread(data: Result[bytes, ReadFault], path: str) -> Problem | None:
    if is_successful(data) or data.failure().kind == "missing":
        return None
    fault = data.failure()
    kind = StorageUnavailable if fault.kind == "unavailable" else StorageDenied
    return kind(location=Location(path), action=f"read {path}", reason=fault.reason)
