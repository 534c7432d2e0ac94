"""Each kind of problem of a request, a spec and its rules, with exactly what is said of it."""

from cohort_membership.problems import (
    DuplicateAxis,
    IncludeInvalid,
    IncludeNotFound,
    IncludeOutsideBundle,
    InvalidCohortId,
    InvalidReplicate,
    InvalidSeed,
    LevelOutsideAxis,
    MissingAxis,
    PairUnbalanced,
    Problem,
    ReservedCharacter,
    RuleEmptiesAxis,
    SpecInvalid,
    SpecNotFound,
    SpecSyntax,
    SpecUnreadable,
    UnknownAxis,
)

SPEC_EXAMPLES: tuple[tuple[Problem, str, str | None], ...] = (
    (
        InvalidCohortId(cohort_id=".hidden"),
        "cohort id '.hidden': only letters, digits, '.', '_' and '-' are allowed, at most 128, "
        "and no '.' or '-' at its start",
        "a cohort has the name of its folder under cohorts/; `cohort-membership list` shows them",
    ),
    (InvalidSeed(seed=-7), "seed -7: a negative seed would shuffle as 7 does", "use 7"),
    (
        SpecNotFound(cohort_id="alpa", suggestion="alpha"),
        "cohort 'alpa': there is no spec at cohorts/alpa/spec/config.yaml (or .yml, .json)",
        "did you mean 'alpha'?",
    ),
    (
        SpecNotFound(cohort_id="alpha"),
        "cohort 'alpha': there is no spec at cohorts/alpha/spec/config.yaml (or .yml, .json)",
        "`cohort-membership list` shows the cohorts under the data root",
    ),
    (
        SpecUnreadable(reason="the byte 0xff at offset 2"),
        "spec: the file cannot be read as UTF-8 text: the byte 0xff at offset 2",
        "save it as UTF-8 text, in a file that you may read",
    ),
    (
        SpecSyntax(detail="expected a key, got a list", remedy="quote the key"),
        "spec: expected a key, got a list",
        "quote the key",
    ),
    (
        SpecInvalid(where="axes.answer_llm", expected="a list", got="the text 'm1'", remedy="write [m1]"),
        "axes.answer_llm: expected a list, got the text 'm1'",
        "write [m1]",
    ),
    (
        SpecInvalid(where="rules", detail="unknown key 'tie'", suggestion="ties", remedy="remove it"),
        "rules: unknown key 'tie'",
        "did you mean 'ties'?",
    ),
    (
        IncludeNotFound(include="items/gone.csv"),
        "include: there is no file 'items/gone.csv' in the spec folder",
        "the path is relative to the file that holds the '@file:'",
    ),
    (
        IncludeOutsideBundle(include="../../secret.csv"),
        "include: '../../secret.csv' is outside the spec folder",
        "copy the file into the cohort's spec folder and include it from there",
    ),
    (
        IncludeInvalid(include="a.csv", expected="a header and rows", got="an empty file"),
        "include 'a.csv': expected a header and rows, got an empty file",
        None,
    ),
    (
        IncludeInvalid(include="a.csv", detail="the header is 'a;b'", remedy="separate cells by commas"),
        "include 'a.csv': the header is 'a;b'",
        "separate cells by commas",
    ),
    (
        UnknownAxis(where="rules.ties.same", axis="anwser_llm", suggestion="answer_llm"),
        "rules.ties.same: unknown axis 'anwser_llm'",
        "did you mean 'answer_llm'?",
    ),
    (
        UnknownAxis(where="axes.colour", axis="colour"),
        "axes.colour: unknown axis 'colour'",
        "correct the name, or remove it",
    ),
    (
        UnknownAxis(where="axes.colour", axis="colour", known=("question", "answer_llm")),
        "axes.colour: unknown axis 'colour'",
        "correct the name, or remove it; the axes are question and answer_llm",
    ),
    (
        UnknownAxis(where="rules.ties.same", axis="answer_llm", given_later="rules.tuples.models"),
        "rules.ties.same: 'answer_llm' is only given further down, by rules.tuples.models",
        "move this below rules.tuples.models: rules apply in the order in which they stand",
    ),
    (
        DuplicateAxis(axis="answer_llm", first="axes.answer_llm", second="rules.tuples.models"),
        "rules.tuples.models: the axis 'answer_llm' is given twice (first: axes.answer_llm)",
        "remove one of them",
    ),
    (
        MissingAxis(axis="answer_llm", stage="answer"),
        "axes: 'answer_llm' is missing; stage 'answer' needs it",
        "add `answer_llm: [...]` under `axes`, or give the axis by a tuple",
    ),
    (
        RuleEmptiesAxis(where="rules.ties.same", axes=("answer_llm", "verdict_llm")),
        "rules.ties.same: no level of answer_llm and verdict_llm is left",
        "compare the spelling of the levels, and check what earlier rules took away",
    ),
    (
        RuleEmptiesAxis(where="rules.where.none", axes=("answer_llm",), is_predicate=True),
        "rules.where.none: the predicate is true for no level of answer_llm",
        "compare it with the columns of the catalogs: text counts with its case, and an empty cell is NULL",
    ),
    (
        LevelOutsideAxis(where="rules.pairs.judged", axis="verdict_llm", level="fjrod"),
        "rules.pairs.judged: 'fjrod' is not a level of verdict_llm",
        "add it to the axis, or check whether an earlier rule took it away",
    ),
    (
        LevelOutsideAxis(where="rules.pairs.judged", axis="judge", level="fjrod", suggestion="fjord"),
        "rules.pairs.judged: 'fjrod' is not a level of judge",
        "did you mean 'fjord'?",
    ),
    (
        PairUnbalanced(where="rules.pairs.judged", side="left", most=("a", 2), least=("b", 1)),
        "rules.pairs.judged: the levels on the left do not occur equally often: 'a' 2 times, 'b' 1 time",
        "complete the pairs, or remove `balance`",
    ),
    (
        InvalidReplicate(axis="answer_replicate", level="two"),
        "answer_replicate: expected a whole number from 1 to 2147483647, got 'two'",
        "for three replicates write [1, 2, 3]",
    ),
    (
        ReservedCharacter(axis="answer_llm", level="a|b"),
        "answer_llm: the level 'a|b' has a '|' in it, which separates the parts of an id",
        "write another character, in the catalog too",
    ),
)
