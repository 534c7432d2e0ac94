"""Predicates: the conditions of `where` rules and of `@catalog`, in SQL's words.

Three steps, all pure: `parse` reads a text, `judge` holds it against the names that there are, `holds` says
for each row of a frame whether it is true. The language is in README.md beside this file.
"""

from cohort_membership.predicates.expressions import holds
from cohort_membership.predicates.grammar import parse
from cohort_membership.predicates.judgement import judge
from cohort_membership.predicates.language import Axis, Condition, Fault, Kind, Name, Predicate

__all__ = ["Axis", "Condition", "Fault", "Kind", "Name", "Predicate", "holds", "judge", "parse"]
