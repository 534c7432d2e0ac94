"""STAGE load: reads what a request needs. The readers are injected; nothing else touches the world."""

import re

from returns.result import Result, Success

from cohort_membership.membership import BuildRequest
from cohort_membership.ports import CohortSpecReader, MembershipCatalogReader
from cohort_membership.problems import InvalidCohortId, Problems, fail
from cohort_membership.sources import Sources

_COHORT_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


def is_cohort_id(text: str) -> bool:
    """Whether a cohort may have this name: letters and digits of ASCII, '.', '_' and '-', at most 128,
    not starting with a dot or a dash.

    >>> is_cohort_id("demo-1.2"), is_cohort_id("../demo")
    (True, False)
    """
    return _COHORT_ID.fullmatch(text) is not None


def load(
    request: BuildRequest, read_spec: CohortSpecReader, read_catalogs: MembershipCatalogReader
) -> Result[Sources, Problems]:
    """The sources of the request; it fails only where the cohort's name is none (`invalid-cohort-id`).

    Where a reader fails, its part of the sources is None and its problems are kept, so that
    everything that is wrong can be reported together.

    >>> from cohort_membership.problems import SpecNotFound
    >>> from cohort_membership.load.catalog_text import catalogs_from_ids
    >>> sources = load(
    ...     BuildRequest("demo"),
    ...     lambda cohort_id: fail(SpecNotFound(cohort_id=cohort_id)),
    ...     lambda: Success(catalogs_from_ids({}, ["fjord"], ["c1"])),
    ... ).unwrap()
    >>> sources.spec, sources.catalogs.models, [problem.code for problem in sources.problems]
    (None, frozenset({'fjord'}), ['spec-not-found'])
    """
    if not is_cohort_id(request.cohort_id):
        return fail(InvalidCohortId(cohort_id=request.cohort_id))
    spec, catalogs = read_spec(request.cohort_id), read_catalogs()
    nothing: Problems = ()
    problems = spec.swap().value_or(nothing) + catalogs.swap().value_or(nothing)
    return Success(Sources(request, spec.value_or(None), catalogs.value_or(None), problems))
