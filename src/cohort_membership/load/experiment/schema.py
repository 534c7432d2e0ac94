"""A JSON Schema of experiments, for editors: it completes keys, and checks shapes and names.

What depends on two places (a parent that is no stage, an axis used twice) is not in it.
"""

from cohort_membership.json_schema import DEFINED, DIALECT, Schema, shape_schema
from cohort_membership.load.experiment.shape import EXPERIMENT


def experiment_schema() -> Schema:
    """The JSON Schema (2020-12) of an experiment file, as plain JSON types.

    >>> list(experiment_schema()["properties"])[:4]
    ['subject', 'stages', 'catalogs', 'results']
    """
    schema = shape_schema(EXPERIMENT)
    return {
        "$schema": DIALECT,
        "title": "An experiment: its stages, what their ids count, and its catalogs",
        **schema,
        "properties": {**schema["properties"], "description": True},
        "patternProperties": {"^x-": True},
        "$defs": dict(DEFINED),
    }
