"""`python -m cohort_membership.cli`."""

import sys

from cohort_membership.cli import program

if __name__ == "__main__":
    sys.exit(program())
