"""Seeding in an object store: `gens/<stage>/<gen_id>/metadata.json`, put once and never again.

One listing a stage tells which generations are there, and with which entity tag. Most stores give the
MD5 of the bytes as the tag of an object that was put in one piece, so a seed that this cohort put
earlier is known by the listing alone; only others are read.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

import polars as pl

from cohort_membership import metadata
from cohort_membership.artifacts import METADATA
from cohort_membership.membership import Membership
from cohort_membership.metadata import OtherMode, Seed
from cohort_membership.plan import Plan
from cohort_membership.problems import Problem, Problems
from cohort_membership.stores.local.seeds import MOST_CONFLICTS
from cohort_membership.stores.objects.client import Listed, ObjectClient, StoreFailed

PARALLEL = 32
"""Requests under way at once: a store answers one in tens of milliseconds, and many side by side."""

_CHUNK = 4_096
"""Seeds that are made before the first of them is put; it bounds memory."""


@dataclass(slots=True)
class ObjectSeeds:
    """The metadata objects of a plan's generations. A seed of no bytes is none: it is replaced."""

    client: ObjectClient
    plan: Plan
    modes: Counter[OtherMode] = field(default_factory=Counter)
    """The seeds that record another mode than the catalog has, as far as they were read."""
    _listed: dict[str, dict[str, Listed]] = field(default_factory=dict)

    def look(self) -> None:
        """List what is there."""
        stages = list(self.plan.counts)
        with _pool() as pool:
            self._listed = dict(zip(stages, pool.map(self._list, stages), strict=True))

    def conflicts(self, membership: Membership) -> Problems:
        """The metadata that belongs to other generations than its names say; at most a thousand."""
        found: list[Problem] = []
        with _pool() as pool:
            for seeds in _chunks(self._unknown(membership)):
                for told in pool.map(self._judged, seeds):
                    if isinstance(told, OtherMode):
                        self.modes[told] += 1
                    elif told is not None:
                        found.append(told)
                if len(found) >= MOST_CONFLICTS:
                    break
        return tuple(found[:MOST_CONFLICTS])

    def reused(self, membership: Membership) -> int:
        """How many generations have their metadata already."""
        return sum(table.height for table in self._present(membership))

    def write(self, membership: Membership) -> int:
        """Put the metadata that is missing, many at once; how many were put."""
        put = 0
        with _pool() as pool:
            for table in membership.batches():
                missing = table.filter(~table["gen_id"].is_in(self._ids(str(table["stage"][0]))))
                for seeds in _chunks(metadata.seeds(missing, self.plan)):
                    put += sum(pool.map(self._put, seeds))
        return put

    def _list(self, stage: str) -> dict[str, Listed]:
        found = {}
        for one in self.client.list(f"gens/{stage}"):
            match one.path.split("/"):
                case ["gens", _, gen_id, name] if name == METADATA:
                    found[gen_id] = one
        return found

    def _ids(self, stage: str) -> pl.Series:
        """The generations of a stage that have metadata, for `is_in`."""
        ids = [gen_id for gen_id, one in self._listed[stage].items() if one.size > 0]
        return pl.Series(ids, dtype=pl.String).implode()

    def _present(self, membership: Membership) -> Iterator[pl.DataFrame]:
        """The generations that have metadata; nothing is generated where none has."""
        for part in membership.slices():
            if self._listed[part.stage]:
                table = membership.table(part)
                yield table.filter(table["gen_id"].is_in(self._ids(part.stage)))

    def _unknown(self, membership: Membership) -> Iterator[Seed]:
        """The seeds whose objects may hold something else than we would put."""
        for table in self._present(membership):
            for seed in metadata.seeds(table, self.plan):
                digest = hashlib.md5(seed.text.encode(), usedforsecurity=False).hexdigest()
                if self._listed[seed.stage][seed.gen_id].e_tag != digest:
                    yield seed

    def _put(self, seed: Seed) -> bool:
        path, data = _path(seed), seed.text.encode()
        empty = self._listed[seed.stage].get(seed.gen_id)
        if self.client.create(path, data) if empty is None else self.client.replace(path, data, empty):
            return True
        # Another build was faster. What it put is most likely the same; if it is not, that is a conflict.
        told = self._judged(seed)
        if told is not None and not isinstance(told, OtherMode):
            raise StoreFailed(told)
        return False

    def _judged(self, seed: Seed) -> Problem | OtherMode | None:
        path = _path(seed)
        found = self.client.get(path)
        if found is None or not found.data:
            return None
        return metadata.judged(seed, found.data, self.plan.experiment, path)


def _path(seed: Seed) -> str:
    return f"gens/{seed.stage}/{seed.gen_id}/{METADATA}"


def _chunks(seeds: Iterable[Seed]) -> Iterator[Sequence[Seed]]:
    rest = iter(seeds)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    """Threads that ask the store; after a failure what waits is dropped, not tried one by one."""
    executor = ThreadPoolExecutor(PARALLEL, thread_name_prefix="seeds")
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
