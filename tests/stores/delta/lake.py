"""The tables of a lake as a test sees them: all rows, past the code under test."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeAlias

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
from cohort_membership.stores.addresses import parse_address
from cohort_membership.stores.delta.arrow import queried
from cohort_membership.stores.delta.reader import DeltaReader
from cohort_membership.stores.delta.tables import lake_at
from cohort_membership.stores.sql.wide_rows import RowsDigest
from tests.stores.cohorts import read_table
from tests.stores.s3_server import S3Server

Contents: TypeAlias = dict[str, list[tuple[Any, ...]]]

_NUMBERS = count()


def whole(reader: DeltaReader, cohort: str = "alpha") -> pl.DataFrame:
    """The wide table of a cohort of the built-in experiment, found to be what its manifest lists."""
    table = read_table(reader, DRAFT_ESSAY_EVALUATION, cohort)
    manifest = reader.manifest(cohort).unwrap()
    digest = RowsDigest(DRAFT_ESSAY_EVALUATION.wide_columns)
    digest.add(table)
    assert manifest is not None
    assert manifest.artifacts["memberships"].sha256 == digest.sha256
    return table


@dataclass
class Lake:
    place: str
    s3: S3Server | None = None
    generation: int = field(default_factory=lambda: next(_NUMBERS))

    @property
    def uri(self) -> str:
        return f"{self.place}/{self.generation}"

    @property
    def address(self) -> str:
        return f"delta+{self.uri}"

    @property
    def reader(self) -> DeltaReader:
        return self.at(None)

    def at(self, version: int | None) -> DeltaReader:
        """The reader of a version of the memberships."""
        return DeltaReader(parse_address(self.address).bind(lake_at).unwrap(), version)

    def rows(self) -> int:
        """How many rows the cohort alpha has, which are those that its manifest lists."""
        reader = self.at(self.version())
        return whole(reader).height

    def version(self) -> int:
        table = self.table("memberships")
        assert table is not None
        return int(table.version())

    def renew(self) -> None:
        """Go on to a place where there is nothing yet."""
        self.generation = next(_NUMBERS)

    def table(self, name: str) -> DeltaTable | None:
        options = {"allow_http": "true"} if self.s3 is not None else None
        try:
            return DeltaTable(f"{self.uri}/{name}", storage_options=options)
        except TableNotFoundError:
            return None

    def contents(self) -> Contents:
        """The rows in their order, and the manifest of each cohort's last build."""
        found: Contents = {"memberships": [], "generations": [], "manifests": []}
        memberships, generations = self.table("memberships"), self.table("generations")
        if memberships is not None:
            sql = "SELECT * FROM t ORDER BY origin_cohort_id, position"
            found["memberships"] = queried(memberships, sql).rows()
            named = "SELECT DISTINCT manifest_sha256 FROM t"
            ids = [row[0] for row in queried(memberships, named).rows()]
            manifests = self.table("manifests")
            assert manifests is not None or not ids
            if manifests is not None:
                rows = set(queried(manifests, "SELECT * FROM t").rows())
                found["manifests"] = sorted(row for row in rows if row[0] in ids)
        if generations is not None:
            found["generations"] = queried(generations, "SELECT * FROM t ORDER BY gen_id").rows()
        return found
