"""The digest of a plan: two builds with the same one write the same rows, ids and seeds."""

import hashlib
import json

from cohort_membership.artifacts import SCHEMA_VERSION
from cohort_membership.plan import Plan


def plan_digest(plan: Plan) -> str:
    """The SHA-256 of everything that rows, ids and seeds follow from, as hexadecimal text.

    That is the design's factors, the stages, the seed, and of the catalogs the modes of the templates
    in the design. It tells more than the spec's digest: a catalog can change while the spec stays.
    """
    digest = hashlib.sha256()

    def add(value: object) -> None:
        digest.update(json.dumps(value, ensure_ascii=True, sort_keys=True).encode() + b"\n")

    add([SCHEMA_VERSION, plan.cohort_id, plan.seed])
    used: dict[str, set[str]] = {}
    for factor in plan.design:
        add(["factor", *factor.axes])
        for axis in factor.axes:
            levels = factor.frame[axis].to_list()
            add(levels)
            used[axis] = set(levels)
    for one in plan.stages:
        stage = one.stage
        templates = plan.templates.get(stage.name, {})
        add([stage.name, stage.id_prefix, stage.parent, stage.identity, stage.attributes, one.count])
        add(
            {
                name: [templates[name].mode, templates[name].recorded_mode]
                for name in used.get(stage.template_axis, set()) & templates.keys()
            }
        )
    return digest.hexdigest()
