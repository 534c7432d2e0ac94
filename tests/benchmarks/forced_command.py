"""`cohort-membership` with a kernel of our choice: `python forced_command.py KERNEL build ...`.

The command chooses by the number of rows; only that number is moved, and all else is the command.
"""

import sys

from cohort_membership.cli import main
from cohort_membership.identity import bulk

if __name__ == "__main__":
    wanted = sys.argv.pop(1)
    bulk.FAST_FROM_ROWS = 0 if wanted == "fast" else sys.maxsize
    code = main()
    if ("numba" in sys.modules) != (wanted == "fast"):
        sys.exit(f"the kernel was not {wanted}")
    sys.exit(code)
