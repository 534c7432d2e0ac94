"""The shapes of an experiment's parts: the decoders read their keys here, and the schema for editors too."""

from collections.abc import Mapping

from cohort_membership import draft_essay_evaluation
from cohort_membership.draft_essay_evaluation import DRAFT_ESSAY_EVALUATION
from cohort_membership.rules.shape import Keys, KeysBy, Named, Part, Shape, Word

ADDED = Keys(
    {"axis": Part.NAME, "default": Part.DEFAULT},
    does={"axis": "The axis that fills the column.", "default": "The level that leaves ids as they were."},
)

_ADDED_COLUMNS = Named(Part.ADDED_COLUMN, ADDED)
_ADDED = "Columns that came later: at its default a column changes no id."

STAGE = Keys(
    {"id_prefix": Part.PREFIX, "columns": Named(Part.COLUMN, Part.NAME)},
    {"parent": Part.NAME, "uncounted": Part.NAMES, "added": _ADDED_COLUMNS},
    {
        "parent": "An earlier stage. Without it the stage starts from the subject.",
        "id_prefix": "What the stage's ids begin with. Choose it once: ids never change.",
        "columns": "Columns and the axes that fill them, in the order in which the id counts them.",
        "uncounted": "Columns that are carried along, and that the id does not count.",
        "added": _ADDED,
    },
)

BUILT_IN_STAGE = Keys({}, {"added": _ADDED_COLUMNS}, {"added": _ADDED})
"""A stage of the experiment that this one extends."""

CATALOG = KeysBy(
    "levels",
    Keys(
        {"levels": Part.LISTED},
        {"also": Part.ANY_LISTED},
        {"levels": "The levels, instead of a file.", "also": "Levels that need no row."},
    ),
    Keys(
        {"file": Part.CATALOG_FILE, "column": Part.TEXT},
        {"also": Part.ANY_LISTED, "mode": Part.TEXT, "text": Part.TEXT_FILE},
        {
            "file": "A .csv file below the data root.",
            "column": "The column that holds the levels.",
            "also": "Levels that need no row.",
            "mode": "The column that says how a template generates: llm or copy.",
            "text": "The path of a level's text, with {id} in it.",
        },
    ),
)

RESULTS = KeysBy(
    "table",
    Keys(
        {"table": Part.TABLE_FILES},
        {"done": Part.MARKS, "failed": Part.ANY_MARKS, "id": Part.TEXT, "state": Part.TEXT},
        {
            "table": "A table that a worker appends rows to: .csv, .jsonl or .parquet, or a glob of them.",
            "done": "What the state of a done generation is.",
            "failed": "What the state of a failed generation is.",
            "id": "The column that holds the gen_id.",
            "state": "The column that holds the state.",
        },
    ),
    Keys(
        {},
        {"done": Part.FILE_NAMES, "failed": Part.ANY_FILE_NAMES},
        {
            "done": "Files in the folder of a done generation.",
            "failed": "Files in the folder of a failed generation.",
        },
    ),
)

PRICE = Keys(
    {"input": Part.AMOUNT, "output": Part.AMOUNT},
    does={
        "input": "US dollars for a million tokens of a prompt.",
        "output": "US dollars for a million tokens of an answer.",
    },
)
TOKENS = Keys(
    {"input": Part.AMOUNT, "output": Part.AMOUNT},
    does={"input": "The tokens of a prompt.", "output": "The tokens of an answer."},
)

_BESIDE_STAGES: Mapping[str, Shape] = {
    "catalogs": Named(Part.NAME, CATALOG),
    "results": RESULTS,
    "prices": Named(Part.LABEL, PRICE),
    "tokens": Named(Part.LABEL, TOKENS),
}
_DOES = {
    "extends": "Begin with the built-in experiment.",
    "subject": "The axis that a first stage starts from.",
    "stages": "The stages in the order of the membership, a parent before its children.",
    "catalogs": "Where the levels of each axis are listed; an axis without one takes any text.",
    "results": "Where workers leave what came of a generation.",
    "prices": "US dollars for a million tokens, by model.",
    "tokens": "The tokens that one call is expected to take, by stage.",
}

EXPERIMENT = KeysBy(
    "extends",
    Keys(
        {"extends": Word((draft_essay_evaluation.NAME,))},
        {
            "subject": Word((DRAFT_ESSAY_EVALUATION.subject,)),
            "stages": Named(Part.NAME, STAGE, dict.fromkeys(DRAFT_ESSAY_EVALUATION.by_name, BUILT_IN_STAGE)),
            **_BESIDE_STAGES,
        },
        _DOES,
    ),
    Keys(
        {"subject": Part.NAME, "stages": Named(Part.NAME, STAGE, may_be_empty=False)},
        _BESIDE_STAGES,
        _DOES,
    ),
)
