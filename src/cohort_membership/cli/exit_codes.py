"""What the process ends with; the first five are the contract's (README.md of this folder)."""

DONE = 0
REJECTED = 1
WRONG_USAGE = 2
ANSWER_IS_NO = 3
"""Done, and the answer is no: what was asked about is not complete, or costs more than it may."""

TRY_AGAIN = 75
"""`EX_TEMPFAIL` of sysexits.h: every problem is one that may be gone the next time."""

BUG = 70
"""`EX_SOFTWARE` of sysexits.h."""

INTERRUPTED = 130
"""128 + SIGINT, as shells say it."""
