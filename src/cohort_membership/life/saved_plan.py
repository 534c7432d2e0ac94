"""A plan as a file that a person can review: levels, rules, counts and digests; no generations."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from returns.result import Result, Success

from cohort_membership.attrition import attrition
from cohort_membership.life.planned import PlannedChange
from cohort_membership.manifest import Manifest, corrupt, plan_digest
from cohort_membership.plan import Plan
from cohort_membership.problems import Problems, fail

SCHEMA_VERSION = 1
REMEDY = "make the plan anew"


@dataclass(frozen=True, slots=True, eq=False)
class SavedPlan:
    """`content` is what the file holds; the digests in it are what a build is held to."""

    content: Mapping[str, Any]

    @property
    def cohort_id(self) -> str:
        return str(self.content["cohort_id"])

    @property
    def seed(self) -> int | None:
        found = self.content["seed"]
        return found if isinstance(found, int) else None


def saved_plan(plan: Plan, in_force: Manifest | None, change: PlannedChange) -> SavedPlan:
    """What is written down of a plan, and of the membership that it was compared with."""
    rules = [
        {"design": one.design, "where": one.where, "rows": {"before": one.rows[0], "after": one.rows[1]}}
        for one in attrition(plan)
    ]
    return SavedPlan(
        {
            "schema_version": SCHEMA_VERSION,
            "cohort_id": plan.cohort_id,
            "seed": plan.seed,
            "levels": {axis: plan.levels(axis) for axis in plan.experiment.axes},
            "rows": sum(block.rows for block in plan.blocks),
            "rules": rules,
            "stages": {name: dict(one) for name, one in change.stages.items()},
            "changes": [one.as_json() for one in change.compared.changes],
            "spec_digest": plan.spec_digest,
            "experiment_digest": plan.experiment.digest,
            "plan_digest": plan_digest(plan),
            "in_force": _in_force(in_force),
        }
    )


def plan_text(saved: SavedPlan) -> str:
    """The text of the file: JSON with sorted keys, the same for the same plan."""
    return json.dumps(saved.content, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def parse_plan(data: bytes, file: str) -> Result[SavedPlan, Problems]:
    """A saved plan from the bytes of its file; `artifact-corrupt` where it is none.

    >>> [problem.code for problem in parse_plan(b"[]", "plan.json").failure()]
    ['artifact-corrupt']
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return fail(corrupt(file, "a plan in JSON", "something else", REMEDY))
    if not isinstance(content, dict):
        return fail(corrupt(file, "a plan: a JSON object", f"a JSON {type(content).__name__}", REMEDY))
    version = content.get("schema_version")
    if version != SCHEMA_VERSION or isinstance(version, bool):
        return fail(corrupt(file, f"a plan of schema {SCHEMA_VERSION}", f"schema {version!r}", REMEDY))
    kinds: Sequence[tuple[str, tuple[type, ...]]] = (
        ("cohort_id", (str,)),
        ("seed", (int, type(None))),
        ("spec_digest", (str,)),
        ("experiment_digest", (str,)),
        ("plan_digest", (str,)),
        ("in_force", (str, type(None))),
    )
    for key, allowed in kinds:
        value = content.get(key, ...)
        if not isinstance(value, allowed) or isinstance(value, bool):
            got = "none" if value is ... else repr(value)
            return fail(corrupt(file, f"`{key}` as a saved plan has it", got, REMEDY))
    if (content["seed"] or 0) < 0:
        return fail(corrupt(file, "a `seed` of 0 or more", repr(content["seed"]), REMEDY))
    return Success(SavedPlan(content))


def moved(saved: SavedPlan, plan: Plan, in_force: Manifest | None) -> tuple[str, ...]:
    """What is no longer as the saved plan saw it; nothing where a build gives exactly that plan."""
    then = saved.content
    found = []
    if then["cohort_id"] != plan.cohort_id:
        found.append("the cohort")
    if then["spec_digest"] != plan.spec_digest:
        found.append("the spec")
    if then["experiment_digest"] != plan.experiment.digest:
        found.append("the experiment")
    if then["seed"] != plan.seed:
        found.append("the seed")
    if not found and then["plan_digest"] != plan_digest(plan):
        found.append("a catalog")
    if then["in_force"] != _in_force(in_force):
        found.append("the membership in force")
    return tuple(found)


def _in_force(manifest: Manifest | None) -> str | None:
    """What tells one membership in force from another."""
    if manifest is None:
        return None
    return manifest.plan_digest or str(manifest.content.get("spec_digest", ""))
