"""The couplings that bound a design's product: a kind a file, listed in `KINDS`."""

from cohort_membership.rules.excludes import EXCLUDES
from cohort_membership.rules.existing import EXISTING
from cohort_membership.rules.nested import NESTED
from cohort_membership.rules.pairs import PAIR
from cohort_membership.rules.rule import RuleKind
from cohort_membership.rules.subsets import SUBSET
from cohort_membership.rules.ties import TIE
from cohort_membership.rules.tuples import TUPLE
from cohort_membership.rules.where import WHERE

KINDS: tuple[RuleKind, ...] = (SUBSET, TIE, PAIR, TUPLE, EXCLUDES, WHERE, NESTED, EXISTING)
"""Every kind of rule, in the order in which messages list their sections."""
