"""The commands of the command line, a file each: its arguments, its help, and what it does.

To add one, write `NAME.py` here with an `app` (see `count.py`), put its name into `COMMANDS`, and draw the
help again: `python -m cohort_membership.cli.help.draw`. A command's file is read when the command is given;
what is heavy, it imports inside its function.
"""

COMMANDS = (
    *("demo", "init", "experiment", "schema", "list", "validate", "count", "cover", "build", "verify"),
    *("plan", "cost", "report", "review", "diff", "status", "next", "explain", "orphans"),
)
"""Every command, in the order in which `--help` lists them."""
