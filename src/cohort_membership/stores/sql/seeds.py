"""Seeding in a database, as SQL: the rows of `generations` that are missing, and those that differ."""

# ruff: noqa: S608 - what is put into SQL as text are names of ours, quoted; values are parameters

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cohort_membership.experiment import Experiment
from cohort_membership.metadata import (
    MODE,
    ORIGIN,
    PARENT,
    SUBJECT_SHA256,
    TEMPLATE_SHA256,
    UNJUDGED,
    OtherMode,
    other_modes,
)
from cohort_membership.plan import Plan
from cohort_membership.stage import TEMPLATE
from cohort_membership.stores.sql.schema import quoted
from cohort_membership.stores.sql.session import Session
from cohort_membership.stores.sql.wide_rows import (
    GENERATIONS,
    MEMBERSHIPS,
    modes,
    own_columns,
    seed_columns,
    subjects,
)

MODES, SUBJECTS = "cohort_membership_modes", "cohort_membership_subjects"
"""Temporary tables, which no other connection sees: what seeds say of templates, and of subjects."""


def wanted(experiment: Experiment) -> Mapping[str, str]:
    """What the seed of a row of `m` holds, by column of `generations`; `k` are the modes of the templates."""
    of_row = {name: f"m.{quoted(name)}" for name in seed_columns(experiment)}
    subject = of_row[experiment.subject]
    has_template = TEMPLATE in own_columns(experiment)
    digests = {TEMPLATE_SHA256: f"k.{TEMPLATE_SHA256}", SUBJECT_SHA256: _OF_SUBJECT}
    return of_row | {
        experiment.subject: f"CASE WHEN m.{PARENT} = '' THEN {subject} END",
        PARENT: f"NULLIF(m.{PARENT}, '')",
        MODE: f"k.{MODE}" if has_template else "CAST(NULL AS text)",
        **(digests if experiment.has_texts else {}),
    }


_OF_SUBJECT = f"CASE WHEN m.{PARENT} = '' AND k.{TEMPLATE_SHA256} IS NOT NULL THEN s.{SUBJECT_SHA256} END"


def prepare(session: Session, plan: Plan) -> None:
    """Let the statements below find what seeds say of templates and subjects."""
    session.ingest_temporary(MODES, modes(plan))
    session.ingest_temporary(SUBJECTS, subjects(plan))


def insert(experiment: Experiment) -> str:
    """Seeds for the rows of the cohort $1 that have none.

    In the order of ids, so that two cohorts that seed the same ones wait for, but never block, each other.
    """
    values = wanted(experiment)
    return f"""
        INSERT INTO {GENERATIONS} ({", ".join(map(quoted, values))})
        SELECT {", ".join(values.values())}
        FROM {MEMBERSHIPS} m {_with_modes(experiment)}
        WHERE m.{ORIGIN} = $1
        AND NOT EXISTS (SELECT 1 FROM {GENERATIONS} g WHERE g.gen_id = m.gen_id)
        ORDER BY m.gen_id
        ON CONFLICT DO NOTHING"""


def differing(
    session: Session, source: str, cohort_id: str, experiment: Experiment, there: Collection[str]
) -> Iterator[dict[str, Any]]:
    """The seeds that are there and are not, letter by letter, what the rows want; most often none.

    `there` are the columns that `generations` has; the others hold nothing.
    """
    values = wanted(experiment)
    found = [f"{f'g.{quoted(one)}' if one in there else 'NULL'} AS {quoted(one)}" for one in values]
    found += [f"{value} AS {quoted(f'wanted_{name}')}" for name, value in values.items()]
    yield from session.rows(
        f"SELECT {', '.join(found)} FROM {source} m JOIN {GENERATIONS} g ON g.gen_id = m.gen_id "
        f"{_with_modes(experiment)} WHERE m.{ORIGIN} = $1 AND ({differs(experiment, there)})",
        cohort_id,
    ).iter_rows(named=True)


def seeded_rows(session: Session, cohort_id: str, experiment: Experiment) -> int:
    """How many rows of a cohort have their seed, letter by letter."""
    found = session.value(
        f"SELECT count(*) AS seeded FROM {MEMBERSHIPS} m JOIN {GENERATIONS} g ON g.gen_id = m.gen_id "
        f"WHERE m.{ORIGIN} = $1 AND NOT ({differs(experiment, seed_columns(experiment))})",
        cohort_id,
    )
    return int(found)


@dataclass(frozen=True, slots=True)
class Seeding:
    """How many generations had no seed, and how many seeds record another mode than the catalog has."""

    new: int
    modes: Mapping[OtherMode, int] = field(default_factory=dict)


def seeding(session: Session, source: str, plan: Plan, new: int) -> Seeding:
    """What is to be told of the seeds of a cohort's rows, which are in the table `source`."""
    return Seeding(new, other_modes(_recorded(session, source, plan), plan))


def _recorded(session: Session, source: str, plan: Plan) -> Iterator[tuple[str, str, str | None, int]]:
    """How many seeds record which mode, by stage and template."""
    if TEMPLATE in own_columns(plan.experiment):
        yield from session.rows(
            f"SELECT m.stage, m.{TEMPLATE}, g.{MODE}, count(*) AS seeds FROM {source} m "
            f"JOIN {GENERATIONS} g ON g.gen_id = m.gen_id WHERE m.{ORIGIN} = $1 "
            "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
            plan.cohort_id,
        ).iter_rows()


def differs(experiment: Experiment, there: Collection[str]) -> str:
    """Whether the seed `g` contradicts the row `m`: a null does not, and numbers are compared as numbers."""
    return " OR ".join(
        f"({value} IS NOT NULL AND g.{quoted(name)} IS NOT NULL AND g.{quoted(name)} <> {value})"
        for name, value in wanted(experiment).items()
        if name in there and name not in {"gen_id", *UNJUDGED}
    )


def _with_modes(experiment: Experiment) -> str:
    if TEMPLATE not in own_columns(experiment):
        return ""
    subject = quoted(experiment.subject)
    of_subject = f" LEFT JOIN {SUBJECTS} s ON s.{subject} = m.{subject}" if experiment.has_texts else ""
    return f"LEFT JOIN {MODES} k ON k.stage = m.stage AND k.{TEMPLATE} = m.{TEMPLATE}{of_subject}"
