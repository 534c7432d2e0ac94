"""What a spec may refer to: for each axis that has one, the table of its levels.

Which files and columns these are, the experiment says.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import polars as pl

from cohort_membership.experiment import Experiment
from cohort_membership.problems import Problems, counted

COPY: Final = "copy"
"""The mode of a template that copies its parent: the model is irrelevant. Every other mode asks one."""


@dataclass(frozen=True, eq=False, repr=False)
class Catalog:
    """The levels of one axis, in the catalog's order.

    `name` is what to call it: its file, or where it is listed. `table` has a row a line of it: all its
    columns as text, an empty cell null; the column `id_column` holds the levels, which may repeat.
    `also` are levels without a row. `modes` are the templates' modes as metadata records them, None
    where the catalog tells none.
    """

    name: str
    table: pl.DataFrame
    id_column: str
    also: tuple[str, ...] = ()
    modes: Mapping[str, str] | None = None

    def __repr__(self) -> str:
        return f"Catalog({self.name!r}: {counted(self.table.height, 'row')})"

    @cached_property
    def ids(self) -> frozenset[str]:
        """The levels that have a row."""
        return frozenset(self.table[self.id_column].to_list())

    @cached_property
    def copying(self) -> frozenset[str]:
        """The templates that copy their parent."""
        return frozenset(level for level, mode in (self.modes or {}).items() if mode == COPY)

    def row_digests(self, levels: Iterable[str]) -> Mapping[str, str]:
        """For each of these levels the SHA-256 of its rows: what the catalog says of it.

        Each row is a line of JSON, an object of all its columns; a level without a row has no line.

        >>> one, other = catalog_of("x", ["a"]).row_digests(["a", "b"]).values()
        >>> other == hashlib.sha256().hexdigest() != one
        True
        """
        found = {level: hashlib.sha256() for level in levels}
        for row in self.table.filter(pl.col(self.id_column).is_in(list(found))).iter_rows(named=True):
            line = json.dumps(row, ensure_ascii=True, sort_keys=True)
            found[row[self.id_column]].update(f"{line}\n".encode())
        return {level: digest.hexdigest() for level, digest in found.items()}

    def holds_each(self, levels: pl.Series) -> pl.Series:
        """Whether the catalog has each of these texts."""
        held = pl.concat([self.table[self.id_column], pl.Series(self.also, dtype=pl.String)])
        return levels.is_in(held.implode())


def catalog_of(name: str, levels: Iterable[str], column: str = "id", also: Iterable[str] = ()) -> Catalog:
    """A catalog of these levels, with no other column.

    >>> catalog_of("models", ["fjord", "atlas"]).table.to_dict(as_series=False)
    {'id': ['fjord', 'atlas']}
    """
    table = pl.DataFrame({column: pl.Series(list(levels), dtype=pl.String)})
    return Catalog(name, table, column, tuple(also))


@dataclass(frozen=True, slots=True, repr=False)
class Catalogs:
    """The experiment in force and its catalogs, by axis.

    An axis that is not there takes any text. A catalog that could not be read is None and hides its
    checks; `problems` says why. `replication` gives replicates by stage.
    """

    experiment: Experiment
    by_axis: Mapping[str, Catalog | None] = field(default_factory=dict)
    replication: Mapping[str, int] = field(default_factory=dict)
    problems: Problems = ()

    def __repr__(self) -> str:
        known = [axis for axis, catalog in self.by_axis.items() if catalog is not None]
        return f"Catalogs({', '.join(known)}; {counted(len(self.problems), 'problem')})"

    def of_templates(self, stage: str) -> Catalog | None:
        """The catalog of a stage's templates, where there is one."""
        axis = self.experiment.by_name[stage].template_axis
        return None if axis is None else self.by_axis.get(axis)
