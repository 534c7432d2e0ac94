"""Each kind of problem of what a spec is built with and into, with exactly what is said of it."""

from cohort_membership.problems import (
    AmbiguousGeneration,
    ArtifactCorrupt,
    CatalogInvalid,
    CatalogNotFound,
    CohortLocked,
    DesignTooLarge,
    ExperimentChanged,
    ExperimentInvalid,
    ExperimentUnreadable,
    GenerationConflict,
    MissingParent,
    PlanOutdated,
    Problem,
    StorageDenied,
    StorageFull,
    StorageUnavailable,
    UnknownGeneration,
    UnknownLevel,
)

TIED = AmbiguousGeneration(
    stage="answer",
    axis="answer_llm",
    levels=("m1", "m2"),
    gen_id="a_1",
    first="template 't', llm 'm1'",
    second="template 't', llm 'm2'",
    touched=6,
    uncounted=("answer_llm",),
)
OTHER_CASE = AmbiguousGeneration(
    stage="answer",
    axis="answer_template",
    levels=("long", "Long"),
    gen_id="a_1",
    first="template 'long'",
    second="template 'Long'",
    touched=1,
)
MOVED = GenerationConflict(gen_id="a_1", expected="stage 'answer', replicate 1", got="stage 'answer'")
UNCOUNTED = GenerationConflict(
    gen_id="a_1", expected="llm_model_id 'm1'", got="llm_model_id 'm2'", uncounted=("llm_model_id",)
)
ELSEWHERE = GenerationConflict(
    gen_id="a_1",
    expected="llm_model_id 'm1'",
    got="llm_model_id 'm2'",
    uncounted=("llm_model_id",),
    cohort="other",
)
HELD = GenerationConflict(gen_id="a_1", expected="temperature '0'", got="temperature '1'", cohort="other")
STARTED = GenerationConflict(gen_id="j_1", expected="stage 'answer'", got="", gives="is of the stage verdict")
EDITED = GenerationConflict(
    gen_id="a_1", expected="stage 'answer'", got="answer_llm 'm2'", gives="gives the id a_2"
)

MEMBERSHIP_EXAMPLES: tuple[tuple[Problem, str, str | None], ...] = (
    (
        CatalogNotFound(catalog="models.csv"),
        "catalog: there is no file models.csv under the data root",
        "`cohort-membership init DIR` writes an example data root to compare with",
    ),
    (
        CatalogInvalid(catalog="models.csv", expected="a header with a column 'id'", got="an empty file"),
        "catalog models.csv: expected a header with a column 'id', got an empty file",
        None,
    ),
    (
        CatalogInvalid(catalog="models.csv", detail="2 rows have 3 cells, the header 2", remedy="quote it"),
        "catalog models.csv: 2 rows have 3 cells, the header 2",
        "quote it",
    ),
    (
        UnknownLevel(axis="answer_llm", level="fjrod", catalog="models.csv", suggestion="fjord"),
        "answer_llm: 'fjrod' is not in models.csv",
        "did you mean 'fjord'?",
    ),
    (
        UnknownLevel(axis="answer_llm", level="zebra", catalog="models.csv"),
        "answer_llm: 'zebra' is not in models.csv",
        "add it to models.csv, or correct the level",
    ),
    (
        UnknownLevel(axis="a", level="cafe\u0301", catalog="models.csv", suggestion="caf\u00e9"),
        "a: 'cafe\u0301' (U+0065 U+0301) is not in models.csv",
        "did you mean 'caf\u00e9' (U+00E9)?",
    ),
    (
        ExperimentUnreadable(reason="permission denied"),
        "experiment: the file cannot be read as UTF-8 text: permission denied",
        "save it as UTF-8 text, in a file that you may read",
    ),
    (
        ExperimentInvalid(where="stages.answer", detail="no columns", remedy="add `columns`"),
        "stages.answer: no columns",
        "add `columns`",
    ),
    (
        ExperimentInvalid(where="stages.verdict.parent", detail="no stage 'anwser'", suggestion="answer"),
        "stages.verdict.parent: no stage 'anwser'",
        "did you mean 'answer'?",
    ),
    (
        ExperimentChanged(stage="answer", differs="its prefix is b_, not a_", cohorts=("x",), generations=12),
        "stages.answer: this would change the ids of 12 generations of 1 cohort (x): "
        "its prefix is b_, not a_",
        "ids are for ever: give the changed stage another name, or build with --new-ids",
    ),
    (
        DesignTooLarge(counts=(("answer", 1_000), ("verdict", 2_000_000)), limit=1_000_000),
        "membership: 2,001,000 rows (answer 1,000, verdict 2,000,000), over the limit of 1,000,000",
        "shorten an axis, add a rule, or build with a higher --max-rows",
    ),
    (
        DesignTooLarge(counts=(("rules.ties.x", 25_000_000),), limit=5_000_000, remedy="shorten its axes"),
        "membership: 25,000,000 rows (rules.ties.x 25,000,000), over the limit of 5,000,000",
        "shorten its axes",
    ),
    (
        TIED,
        "answer: a_1 would be the id of two generations, (template 't', llm 'm1') and "
        "(template 't', llm 'm2'): answer_llm 'm1' and 'm2' give the same id, in 6 generations",
        "ids of answer do not count answer_llm: couple it with `ties` to the axis that it should follow, "
        "or keep one of the two levels",
    ),
    (
        OTHER_CASE,
        "answer: a_1 would be the id of two generations, (template 'long') and (template 'Long'): "
        "answer_template 'long' and 'Long' give the same id, in 1 generation",
        "ids ignore case, and may leave an axis out: keep one of the two levels, "
        "or couple the axis with `ties` to the one that it should follow",
    ),
    (
        MOVED,
        "a_1: the spec gives this id to (stage 'answer', replicate 1), "
        "but its metadata says (stage 'answer')",
        "if the metadata was moved or edited, put it back; it is never overwritten",
    ),
    (
        UNCOUNTED,
        "a_1: the spec gives this id to (llm_model_id 'm1'), but its metadata says (llm_model_id 'm2'); "
        "the id does not count llm_model_id",
        "use the stored llm_model_id, or another replicate",
    ),
    (
        ELSEWHERE,
        "a_1: the spec gives this id to (llm_model_id 'm1'), but cohort 'other' holds it for "
        "(llm_model_id 'm2'); the id does not count llm_model_id",
        "use the stored llm_model_id, or another replicate",
    ),
    (
        HELD,
        "a_1: the spec gives this id to (temperature '0'), but cohort 'other' holds it for (temperature '1')",
        "compare the levels with those of cohort 'other': an id keeps its first generation",
    ),
    (
        STARTED,
        "j_1: the spec starts from this id (stage 'answer'), but its metadata is of the stage verdict",
        "list ids of the stage that the rule names; metadata that was edited must be put back",
    ),
    (
        EDITED,
        "a_1: the spec starts from this id (stage 'answer'), but its metadata (answer_llm 'm2') "
        "gives the id a_2",
        "list ids of the stage that the rule names; metadata that was edited must be put back",
    ),
    (
        MissingParent(stage="answer", gen_id="a_1", parent_gen_id="a_1", touched=1, is_listed=True),
        "answer a_1: the spec starts from this id, but it is not in the store",
        "take ids from a membership.csv of this store; they need the metadata that a build writes",
    ),
    (
        MissingParent(stage="essay", gen_id="e_1", parent_gen_id="d_1", touched=1, is_listed=True),
        "essay e_1: the spec starts from this id, but its ancestor d_1 is not in the store",
        "take ids from a membership.csv of this store; they need the metadata that a build writes",
    ),
    (
        MissingParent(stage="verdict", gen_id="j_1", parent_gen_id="a_1", touched=1),
        "verdict j_1: its parent a_1 is not in the membership",
        "build the cohort again",
    ),
    (
        MissingParent(stage="verdict", gen_id="j_1", parent_gen_id="", touched=3),
        "verdict j_1: it has no parent (and 2 others like it)",
        "build the cohort again",
    ),
    (
        PlanOutdated(moved=("the spec", "the seed")),
        "plan: the spec and the seed changed after the plan was made",
        "make a new plan, review it, and build that",
    ),
    (
        UnknownGeneration(gen_id="a_l", suggestion="a_1"),
        "generation 'a_l': no cohort holds this id",
        "did you mean 'a_1'?",
    ),
    (
        UnknownGeneration(gen_id="a_l"),
        "generation 'a_l': no cohort holds this id",
        "copy the id from a membership.csv",
    ),
    (
        StorageUnavailable(action="read models.csv", reason="a timeout"),
        "storage: cannot read models.csv: a timeout",
        "try again",
    ),
    (
        StorageDenied(action="write membership.csv", reason="permission denied"),
        "storage: cannot write membership.csv: permission denied",
        "check the permissions",
    ),
    (
        StorageDenied(action="open x", reason="no module 'y'", remedy="install the extra"),
        "storage: cannot open x: no module 'y'",
        "install the extra",
    ),
    (
        StorageFull(action="write membership.csv", reason="no space left on device"),
        "storage: cannot write membership.csv: no space left on device",
        "free some space and try again",
    ),
    (
        CohortLocked(cohort_id="alpha"),
        "cohort 'alpha': another build of it is running",
        "wait for it to end and try again",
    ),
    (
        ArtifactCorrupt(artifact="manifest.json", expected="a manifest", got="a list", remedy="build it"),
        "manifest.json: expected a manifest, got a list",
        "build it",
    ),
)
