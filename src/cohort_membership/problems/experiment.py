"""The experiment file: its text, its shape, and what its stages' ids count."""

from typing import ClassVar, TypeAlias, assert_never

from cohort_membership.problems.located import Located, kind
from cohort_membership.problems.phrases import Wording, counted, did_you_mean, listed


@kind
class ExperimentUnreadable(Located):
    """An experiment file that cannot be read."""

    code: ClassVar[str] = "experiment-unreadable"
    reason: str


@kind
class ExperimentInvalid(Located):
    """`where` is the path of keys, such as `stages.answer.columns`.

    The hint is the suggestion or, without one, the remedy.
    """

    code: ClassVar[str] = "experiment-invalid"
    where: str
    detail: str
    suggestion: str | None = None
    remedy: str | None = None


@kind
class ExperimentChanged(Located):
    """The ids of a stage count something else than those of `cohorts`, which hold `generations` of it."""

    code: ClassVar[str] = "experiment-changed"
    stage: str
    differs: str
    cohorts: tuple[str, ...]
    generations: int


ExperimentProblem: TypeAlias = ExperimentUnreadable | ExperimentInvalid | ExperimentChanged


def words(problem: ExperimentProblem) -> Wording:
    """What a person reads of it."""
    match problem:
        case ExperimentUnreadable(reason=reason):
            return Wording(
                f"experiment: the file cannot be read as UTF-8 text: {reason}",
                "save it as UTF-8 text, in a file that you may read",
            )
        case ExperimentInvalid(where=where, detail=detail, suggestion=suggestion, remedy=remedy):
            return Wording(f"{where}: {detail}", did_you_mean(suggestion) or remedy)
        case ExperimentChanged(stage=stage, differs=differs, cohorts=cohorts, generations=generations):
            return Wording(
                f"stages.{stage}: this would change the ids of {counted(generations, 'generation')} "
                f"of {counted(len(cohorts), 'cohort')} ({listed(cohorts)}): {differs}",
                "ids are for ever: give the changed stage another name, or build with --new-ids",
            )
        case _ as never:
            assert_never(never)
