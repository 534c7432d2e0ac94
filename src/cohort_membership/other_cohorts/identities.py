"""PURE: whether an experiment gives the ids that built cohorts have: ids are for ever."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
from cohort_membership.experiment import Experiment
from cohort_membership.identity import normalised
from cohort_membership.manifest import Manifest
from cohort_membership.problems import ExperimentChanged, Location, counted
from cohort_membership.problems.phrases import listed

Identities = Mapping[str, Any]
"""What the ids of each stage count, as a manifest holds it."""


def changed_identities(
    experiment: Experiment, built: Mapping[str, Manifest]
) -> tuple[ExperimentChanged, ...]:
    """`experiment-changed` for each stage whose ids count something else than those of built cohorts.

    `built` are the manifests by cohort. One that does not say what its ids count is of the built-in
    experiment. A further added axis changes no id, and a stage of another name has ids of its own.

    >>> from cohort_membership.stage import Stage
    >>> new = Experiment("question_id", (Stage("answer", "x_", None, (("template_id", "style"),)),))
    >>> old = {"answer": {"id_prefix": "a_", "parent": None, "columns": ["template_id"], "added": {}}}
    >>> earlier = Manifest({"identity": old, "counts": {"answer": 12}}, {})
    >>> [(one.stage, one.differs, one.generations) for one in changed_identities(new, {"pilot": earlier})]
    [('answer', "the prefix was 'a_' and is 'x_'", 12)]
    """
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for cohort_id, manifest in built.items():
        for stage, differs in _differences(manifest, experiment).items():
            found[stage, differs].append(cohort_id)
    return tuple(
        ExperimentChanged(
            stage=stage,
            differs=differs,
            cohorts=tuple(cohorts),
            generations=sum(_generations(built[one], {stage}) for one in cohorts),
            location=None if experiment.file is None else Location(experiment.file),
        )
        for (stage, differs), cohorts in found.items()
    )


def new_ids_notice(experiment: Experiment, built: Mapping[str, Manifest]) -> tuple[str, ...]:
    """What it costs to go on although ids change: the generations whose ids this experiment does not give.

    >>> new_ids_notice(DRAFT_ESSAY_EVALUATION, {"pilot": Manifest({"counts": {"answer": 3}}, {})})
    ()
    """
    costs = {
        cohort_id: _generations(manifest, changed)
        for cohort_id, manifest in built.items()
        if (changed := _differences(manifest, experiment).keys())
    }
    if not costs:
        return ()
    ids = counted(sum(costs.values()), "generation")
    return (f"new ids: this experiment gives other ids to {ids} of {listed(list(costs))}",)


def _differences(manifest: Manifest, experiment: Experiment) -> Mapping[str, str]:
    """By stage of the same name, in what its ids differ from those of a built cohort."""
    before = _identities(manifest)
    return {
        stage: differs
        for stage, now in experiment.identities.items()
        if isinstance(before.get(stage), dict) and (differs := _difference(before[stage], now))
    }


def _identities(manifest: Manifest) -> Identities:
    return DRAFT_ESSAY_EVALUATION.identities if manifest.identity is None else manifest.identity


def _difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    told = []
    if before.get("id_prefix") != now["id_prefix"]:
        told.append(f"the prefix was {before.get('id_prefix')!r} and is {now['id_prefix']!r}")
    if before.get("parent") != now["parent"]:
        told.append(f"the parent was {_parent(before.get('parent'))} and is {_parent(now['parent'])}")
    if before.get("columns") != now["columns"]:
        told.append(f"the ids counted {_columns(before.get('columns'))} and count {_columns(now['columns'])}")
    kept = {column: default for column, default in now["added"].items() if column in _added(before)}
    if [*map(_as_counted, kept.items())] != [*map(_as_counted, _added(before).items())]:
        told.append(f"the added columns were {_defaults(_added(before))} and are {_defaults(now['added'])}")
    return "; ".join(told)


def _added(identity: Mapping[str, Any]) -> Mapping[str, Any]:
    found = identity.get("added")
    return found if isinstance(found, dict) else {}


def _as_counted(added: tuple[str, object]) -> tuple[str, str]:
    column, default = added
    return column, normalised(str(default))


def _parent(name: object) -> str:
    return "the subject" if name is None else repr(name)


def _columns(columns: object) -> str:
    return listed([str(one) for one in columns]) if isinstance(columns, list) and columns else "nothing"


def _defaults(added: Mapping[str, object]) -> str:
    return listed([f"{column} (default {default!r})" for column, default in added.items()]) or "none"


def _generations(manifest: Manifest, stages: Collection[str]) -> int:
    """How many generations of a cohort have ids that depend on one of these stages."""
    identities = _identities(manifest)

    def depends(stage: str) -> bool:
        seen: set[str] = set()
        name: object = stage
        while isinstance(name, str) and name not in seen:
            if name in stages:
                return True
            seen.add(name)
            identity = identities.get(name)
            name = identity.get("parent") if isinstance(identity, dict) else None
        return False

    return sum(count for stage, count in manifest.counts.items() if depends(stage))
