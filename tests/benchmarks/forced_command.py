"""`cohort-membership` with a kernel of our choice: `python forced_command.py KERNEL build ...`.

The command takes the compiled kernel where it is there; only that is taken away, and all else is the command.
"""

import sys

from cohort_membership.cli import program

if __name__ == "__main__":
    if sys.argv.pop(1) == "standard":
        from cohort_membership.identity import bulk

        bulk.FAST = None
    sys.exit(program())
