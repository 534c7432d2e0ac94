"""The arguments that commands share, as cyclopts sees them. Nothing heavy is imported here."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, Token

if TYPE_CHECKING:
    from cohort_membership.problems import Problems


class WrongUsage(Exception):
    """What the parser alone cannot see is wrong with the arguments."""


def whole_number(_: Any, tokens: Sequence[Token]) -> int:
    """An integer as written; cyclopts' own reading rounds 1.5."""
    try:
        return int(tokens[0].value)
    except ValueError:
        raise ValueError(f"expected a whole number, got {tokens[0].value!r}") from None


def at_least_one(_: Any, value: int | None) -> None:
    if value is not None and value < 1:
        raise ValueError("Expected at least 1.")


def not_negative(_: Any, value: int | None) -> None:
    if value is not None and value < 0:
        raise ValueError("Expected 0 or more: a negative seed would shuffle as the positive one does.")


class Rejected(Exception):
    """An argument that the product's own judgement rejects; carries the problems."""

    def __init__(self, problems: "Problems") -> None:
        super().__init__(len(problems))
        self.problems = problems


def _folder(_: Any, tokens: Sequence[Token]) -> Path:
    """The folder that an address names, for commands that work on this machine's disk alone."""
    from returns.pipeline import is_successful

    from cohort_membership.stores.addresses import local_root

    found = local_root(tokens[0].value, "use the data root")
    if not is_successful(found):
        raise Rejected(found.failure())
    return found.unwrap()


def _file(_: Any, tokens: Sequence[Token]) -> Path:
    """A file of this machine. What may be an address is none: its password would be in the file's name."""
    from returns.pipeline import is_successful

    from cohort_membership.stores.addresses import local_root

    found = local_root(tokens[0].value, "use the file")
    if not is_successful(found):
        raise ValueError("no path of a file. Before a name with ':', '=' or '@' in it write './'.")
    return found.unwrap()


def _thousands(value: int) -> str:
    return f"{value:,}"


Cohort = Annotated[
    str, Parameter(name="COHORT", help="The cohort's id: the name of its folder under cohorts/.")
]
MaybeCohort = Annotated[
    str | None, Parameter(name="COHORT", show_default=False, help="The cohort's id; or --all.")
]
DataRoot = Annotated[
    str,
    Parameter(
        name="--data-root",
        env_var="COHORT_DATA_ROOT",
        help="The folder of cohorts and catalogs, or its address (s3://bucket/prefix).",
    ),
]
LocalRoot = Annotated[
    Path,
    Parameter(
        name="--data-root",
        env_var="COHORT_DATA_ROOT",
        converter=_folder,
        help="The folder of cohorts and catalogs.",
    ),
]
Flag = Parameter(negative="", show_default=False)
AsJson = Annotated[
    bool, Flag, Parameter(name="--json", help="Print one JSON object on stdout, for programs.")
]
Seed = Annotated[
    int | None,
    Parameter(
        converter=whole_number,
        validator=not_negative,
        help="Shuffle the row order with this random seed.",
    ),
]
MaxRows = Annotated[
    int,
    Parameter(
        converter=whole_number,
        validator=at_least_one,
        show_default=_thousands,
        help="Reject a cohort with more rows than this.",
    ),
]
Store = Annotated[
    str | None,
    Parameter(
        name="--store",
        show_default=False,
        help="Where memberships are, if not in the data root (see `build`).",
    ),
]
File = Annotated[Path, Parameter(converter=_file, show_default=False)]
All = Annotated[bool, Flag, Parameter(name="--all", help="Every cohort, in place of COHORT.")]
NewFolder = Annotated[Path | None, Parameter(name="DIR", converter=_folder, show_default=False)]
SameFolder = Annotated[Path | None, Parameter(name="--data-root", converter=_folder, help="The same as DIR.")]


def one_folder(directory: Path | None, data_root: Path | None) -> Path | None:
    """The folder that DIR or --data-root names, whichever was given."""
    if directory is not None and data_root is not None and directory != data_root:
        raise WrongUsage("DIR and --data-root name the same thing here: give one of them")
    return directory if directory is not None else data_root


def one_or_all(cohort: str | None, *, everything: bool) -> None:
    """COHORT, or --all: wrong usage where neither is given, or both."""
    if (cohort is None) is not everything:
        raise WrongUsage("give a COHORT or --all" + (", and not both" if everything else ""))
