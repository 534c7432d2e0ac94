"""STAGE load: reads what a request needs. The readers are injected; nothing else touches the world."""

from returns.result import Result, Success

from cohort_membership.load.generations import nothing_stored, with_generations
from cohort_membership.membership import BuildRequest, is_cohort_id
from cohort_membership.ports import CohortSpecReader, GenerationReader, MembershipCatalogReader
from cohort_membership.problems import InvalidCohortId, InvalidSeed, Problems, fail
from cohort_membership.sources import Sources


def load(
    request: BuildRequest,
    read_spec: CohortSpecReader,
    read_catalogs: MembershipCatalogReader,
    read_generations: GenerationReader = nothing_stored,
) -> Result[Sources, Problems]:
    """The sources of the request; it fails only where the cohort's name is none (`invalid-cohort-id`) or the
    seed is negative (`invalid-seed`).

    Generations that the spec starts from are read too, once the experiment is known. Where a reader fails,
    its part of the sources is None and its problems are kept, so that everything that is wrong can be
    reported together.

    >>> from cohort_membership.problems import SpecNotFound
    >>> from cohort_membership.load.catalogs.text import catalogs_from_ids
    >>> sources = load(
    ...     BuildRequest("demo"),
    ...     lambda cohort_id: fail(SpecNotFound(cohort_id=cohort_id)),
    ...     lambda: Success(catalogs_from_ids({}, ["fjord"], ["c1"])),
    ... ).unwrap()
    >>> sources.spec, sources.catalogs.problems, [problem.code for problem in sources.problems]
    (None, (), ['spec-not-found'])
    """
    if not is_cohort_id(request.cohort_id):
        return fail(InvalidCohortId(cohort_id=request.cohort_id))
    if request.seed is not None and request.seed < 0:
        return fail(InvalidSeed(seed=request.seed))
    spec, catalogs = read_spec(request.cohort_id), read_catalogs()
    nothing: Problems = ()
    problems = spec.swap().value_or(nothing) + catalogs.swap().value_or(nothing)
    known, read = catalogs.value_or(None), spec.value_or(None)
    if known is not None and read is not None:
        read = with_generations(read, known.experiment, read_generations)
    return Success(Sources(request, read, known, problems))
