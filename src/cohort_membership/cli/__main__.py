"""`python -m cohort_membership.cli`."""

import sys

from cohort_membership.cli import main

if __name__ == "__main__":
    sys.exit(main())
