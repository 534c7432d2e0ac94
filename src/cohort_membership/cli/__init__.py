"""EDGE: the command line `cohort-membership`: arguments in, a result in words out, an exit code."""

import gc
import sys
from collections.abc import Sequence

from cohort_membership.cli.exit_codes import BUG, DONE, INTERRUPTED, REJECTED, TRY_AGAIN
from cohort_membership.cli.help import prepared_help
from cohort_membership.cli.streams import CannotWrite, prepare_streams, write_text


def program() -> int:
    """What the installed script runs: `main`, in a process of its own.

    A start makes a few hundred thousand objects that live as long as the process. To look through them again
    and again for garbage, and to take them apart at the end, is a sixth of the time of a short command.
    """
    gc.set_threshold(100_000, 50, 50)
    code = main()
    gc.freeze()  # what is frozen is left to the system
    return code


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: 0, 1, 2 or 75 (README.md of this folder).

    Beyond those: 70 for a bug, told with its traceback, and 130 for Ctrl-C.
    """
    tokens = list(sys.argv[1:] if argv is None else argv)
    try:
        prepare_streams()
        page = prepared_help(tokens)
        if page is not None:
            write_text(sys.stdout, page)
            return DONE
        from cohort_membership.cli.app import run

        return run(tokens)
    except CannotWrite as error:
        return _tell_cannot_write(error)
    except KeyboardInterrupt:
        _last_words("interrupted")
        return INTERRUPTED
    except Exception as bug:
        return _tell_bug(bug)
    except BaseException as bug:  # polars' panics are not Exceptions
        if isinstance(bug, SystemExit | GeneratorExit):
            raise
        return _tell_bug(bug)


def _tell_cannot_write(error: CannotWrite) -> int:
    from cohort_membership.problems import wording
    from cohort_membership.stores.local.os_errors import as_problem

    problem = as_problem(error.cause, "write the result")
    _last_words(f"error[{problem.code}] {wording(problem).message}")
    return TRY_AGAIN if problem.retryable else REJECTED


def _tell_bug(bug: BaseException) -> int:
    import traceback

    _last_words(
        "".join(traceback.format_exception(bug))
        + f"\nerror: {type(bug).__name__}: this is a bug in cohort-membership, not in your input.\n"
        "Please report it with the text above and the command you gave."
    )
    return BUG


def _last_words(text: str) -> None:
    """To stderr, if it is still there; whatever happens here, the exit code is what counts."""
    try:
        below = "\n" if sys.stderr.isatty() else ""  # the terminal's own ^C, or half a bar, stands there
        sys.stderr.write(f"{below}{text}\n")
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        pass
