"""What the process ends with; the first four are the contract's (README, "The command line")."""

DONE = 0
REJECTED = 1
WRONG_USAGE = 2
TRY_AGAIN = 75
"""`EX_TEMPFAIL` of sysexits.h: every problem is one that may be gone the next time."""

BUG = 70
"""`EX_SOFTWARE` of sysexits.h."""

INTERRUPTED = 130
"""128 + SIGINT, as shells say it."""
