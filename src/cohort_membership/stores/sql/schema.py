"""The tables of a database: their columns follow the experiment, and those that are there stay as they are.

A database that another experiment uses, or this one before it gained a column, is given the columns it
lacks; they may be null, so nothing is lost. Types are words that PostgreSQL and SQLite both know.
"""

from collections.abc import Mapping
from typing import Protocol, TypeAlias

from cohort_membership.experiment import Experiment
from cohort_membership.metadata import ORIGIN
from cohort_membership.problems import ArtifactCorrupt, Problem
from cohort_membership.stage import KEY_COLUMNS, REPLICATE
from cohort_membership.stores.sql.session import Session, transaction
from cohort_membership.stores.sql.wide_rows import (
    GENERATIONS,
    MEMBERSHIPS,
    POSITION,
    own_columns,
    seed_columns,
)

MANIFESTS = "cohort_manifests"
TABLES = (MEMBERSHIPS, GENERATIONS, MANIFESTS)

Found: TypeAlias = Mapping[str, Mapping[str, bool]]
"""The tables that are there: of each column, whether a row must give it a value."""


class SchemaDialect(Protocol):
    """What one database does in its own way about tables."""

    def begin_schema(self, session: Session) -> None:
        """Begin a transaction in which nobody else makes tables."""

    def columns(self, session: Session, table: str) -> Mapping[str, bool]:
        """A table's columns, and whether each must be given a value; none where there is no table."""
        ...

    def created(self, table: str, columns: str) -> tuple[str, ...]:
        """The statements that make a table with these columns."""
        ...


def quoted(name: str) -> str:
    """A name in SQL: it may be a word of SQL, such as 'order'.

    >>> quoted("order")
    '"order"'
    """
    return '"' + name.replace('"', '""') + '"'


def columns_of(experiment: Experiment) -> Mapping[str, Mapping[str, str]]:
    """The columns of each table with their types; those that may be null can be added later."""
    own = {name: "integer" if name == REPLICATE else "text" for name in own_columns(experiment)}
    seeds = {name: own.get(name, "text") for name in seed_columns(experiment)}
    return {
        MEMBERSHIPS: {POSITION: "bigint NOT NULL", **dict.fromkeys(KEY_COLUMNS, "text NOT NULL"), **own},
        GENERATIONS: {
            **seeds,
            "gen_id": "text PRIMARY KEY",
            "stage": "text NOT NULL",
            ORIGIN: "text NOT NULL",
        },
        MANIFESTS: {
            "cohort_id": "text PRIMARY KEY",
            "spec_digest": "text NOT NULL",
            "manifest": "text NOT NULL",
        },
    }


def found_in(dialect: SchemaDialect, session: Session) -> Found:
    """The tables that are there, with their columns."""
    found = {table: dialect.columns(session, table) for table in TABLES}
    return {table: columns for table, columns in found.items() if columns}


def misfit(found: Found, experiment: Experiment) -> Problem | None:
    """Why rows of this experiment cannot go into the tables that are there; None where they can.

    >>> from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
    >>> misfit({}, DRAFT_ESSAY_EVALUATION) is None
    True
    >>> misfit({"cohort_manifests": {"manifest": True}}, DRAFT_ESSAY_EVALUATION).got
    "cohort_manifests without 'cohort_id', 'spec_digest'"
    """
    for table, wanted in columns_of(experiment).items():
        if table not in found:
            continue
        there = found[table]
        always = {name for name, kind in wanted.items() if kind not in {"text", "integer"}}
        lacking = [name for name in wanted if name in always and name not in there]
        always |= _in_every_row(table, experiment)
        demanded = [name for name, is_required in there.items() if is_required and name not in always]
        if lacking:
            return _of_another_shape(f"{table} without {_listed(lacking)}")
        if demanded:
            got = f"{table} whose {_listed(demanded)} may not be null, which this experiment leaves empty"
            return _of_another_shape(got)
    return None


def make_ready(dialect: SchemaDialect, session: Session, experiment: Experiment) -> Problem | None:
    """Make the tables and columns that are missing; why rows of this experiment cannot go into them."""
    # Looked at first: who may write need not be allowed to create.
    found = found_in(dialect, session)
    if not _changes(dialect, found, experiment):
        return misfit(found, experiment)
    with transaction(session) as one:
        dialect.begin_schema(session)
        found = found_in(dialect, session)
        problem = misfit(found, experiment)
        if problem is None:
            for statement in _changes(dialect, found, experiment):
                session.run(statement)
            one.commit()
    return problem


def _changes(dialect: SchemaDialect, found: Found, experiment: Experiment) -> list[str]:
    """The statements that give the tables what they lack."""
    statements: list[str] = []
    for table, columns in columns_of(experiment).items():
        if table not in found:
            listed = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
            statements += dialect.created(table, listed)
        else:
            statements += [
                f"ALTER TABLE {table} ADD COLUMN {quoted(name)} {kind}"
                for name, kind in columns.items()
                if name not in found[table]
            ]
    return statements


def _in_every_row(table: str, experiment: Experiment) -> set[str]:
    """The columns of the experiment that no row leaves empty."""
    by_stage = [set(stage.axis_of) for stage in experiment.stages]
    shared = set.intersection(*by_stage)
    return shared | ({experiment.subject} if table == MEMBERSHIPS else set())


def _of_another_shape(got: str) -> Problem:
    return ArtifactCorrupt(
        artifact="the database's tables",
        expected=f"{', '.join(TABLES)} as a build of this experiment makes them",
        got=got,
        remedy="give another database (or, in PostgreSQL, another schema) in the address",
    )


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names))
