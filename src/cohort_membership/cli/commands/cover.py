"""`cover COHORT`: few rows in which every combination of a few levels occurs, for a `tuples` rule."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from cohort_membership.cli.arguments import AsJson, Cohort, File, Flag, LocalRoot, WrongUsage, whole_number
from cohort_membership.cli.exit_codes import DONE
from cohort_membership.cli.show.terminal import Terminal, shown_path, styled, unwrapped

if TYPE_CHECKING:
    from cohort_membership.cover import TooManyCombinations
    from cohort_membership.plan import Plan
    from cohort_membership.problems import Problem

app = App(
    name="cover",
    help_epilogue="""Examples:
  cohort-membership cover first-steps --axes draft_llm,essay_llm
  cohort-membership cover first-steps --axes draft_llm,essay_llm --force""",
)

_NAMES = {1: "every level is there", 2: "every pair of levels is there", 3: "every triple of levels is there"}


@app.default
def cover(
    cohort: Cohort,
    /,
    *,
    axes: Annotated[
        str | None,
        Parameter(show_default=False, help="The axes to cover, separated by commas. They must be given."),
    ] = None,
    strength: Annotated[
        int, Parameter(converter=whole_number, help="How many levels a combination has: 2 for every pair.")
    ] = 2,
    out: Annotated[
        File, Parameter(show_default=True, help="The CSV file to write, in the folder of the spec.")
    ] = Path("items/cover.csv"),
    force: Annotated[bool, Flag, Parameter(help="Replace a file that is there.")] = False,
    data_root: LocalRoot = Path("data"),
    json: AsJson = False,
) -> int:
    """Write few rows that cover many: every pair of levels occurs in one of them.

    Only combinations that the cohort's rules allow are covered and used. The rows
    go into a CSV file beside the spec, ready for a `tuples` rule. The same cohort
    gives the same rows on every machine. A file that is there is not replaced.
    """
    from returns.pipeline import is_successful

    from cohort_membership.cli.rejections import rejected, tell
    from cohort_membership.cli.write_into_bundle import write_into_bundle
    from cohort_membership.cover import allowed_rows, coverage
    from cohort_membership.cover import cover as covered
    from cohort_membership.membership import MOST_ADDRESSABLE, BuildRequest
    from cohort_membership.wiring import open_builder

    terminal, request = Terminal(json), BuildRequest(cohort, max_rows=MOST_ADDRESSABLE)
    asked = None if axes is None else _names(axes, strength)
    planned = open_builder(str(data_root)).bind(lambda builder: builder.plan(request))
    if not is_successful(planned):
        return rejected(terminal, planned.failure(), data_root)
    plan = planned.unwrap()
    if asked is None:
        raise WrongUsage(f"--axes is missing: give those to cover of {', '.join(plan.experiment.axes)}")
    unknown = _unknown(asked, plan)
    if unknown:
        return rejected(terminal, unknown, data_root)
    names = tuple(map(plan.experiment.canonical, asked))
    designs = [block.factors for block in plan.union]
    found = covered(designs, names, strength)
    if not is_successful(found):
        return rejected(terminal, (_too_many(names, found.failure()),), data_root)
    rows = found.unwrap()
    counted = coverage(rows, designs, names, strength)
    if not counted.is_whole:
        raise AssertionError(f"the rows do not cover: {counted}")
    written = write_into_bundle(data_root, cohort, str(out), rows.write_csv().encode(), force=force)
    if not is_successful(written):
        return tell(terminal, [written.failure()], data_root)
    allowed = allowed_rows(designs, names)
    if terminal.as_json:
        terminal.result(
            {
                **{"ok": True, "cohort_id": cohort, "file": written.unwrap().as_posix(), "axes": list(names)},
                **{"strength": strength, "rows": rows.height, "allowed_rows": allowed},
                "combinations": counted.combinations,
            }
        )
        return DONE
    most = "up to " if len(designs) > 1 else ""  # rows that two designs share are counted twice
    told = _NAMES.get(strength, f"every combination of {strength} levels is there")
    terminal.show(styled(f"{rows.height:,} rows instead of {most}{allowed:,}: {told}."))
    _show_rule(terminal, data_root, written.unwrap(), str(out), names)
    return DONE


def _show_rule(terminal: Terminal, data_root: Path, written: Path, out: str, axes: tuple[str, ...]) -> None:
    terminal.show(unwrapped("They are in ", (shown_path(data_root / written), "bold")), "")
    terminal.show(styled("To use them, take these axes out of `axes` and write under `rules`:"), "")
    terminal.show(
        unwrapped("  tuples:"), unwrapped(f"    cover: {{axes: [{', '.join(axes)}], items: '@file:{out}'}}")
    )


def _names(axes: str, strength: int) -> tuple[str, ...]:
    from cohort_membership.redaction import redacted_name

    names = tuple(name.strip() for name in axes.split(","))
    if not all(names) or redacted_name(axes) != axes:
        raise WrongUsage("--axes needs names separated by commas, such as A,B,C")
    if strength < 1:
        raise WrongUsage(f"--strength is a number from 1, got {strength}")
    if strength > len(names):
        raise WrongUsage(f"a combination of {strength} levels needs as many axes: --axes names {len(names)}")
    return names


def _unknown(names: tuple[str, ...], plan: "Plan") -> "tuple[Problem, ...]":
    """A problem for each name that is no axis, or is there twice."""
    from cohort_membership.problems import UnknownAxis
    from cohort_membership.suggest import nearest

    known = plan.experiment.axes
    canonical = [plan.experiment.canonical(name) for name in names]
    if len(set(canonical)) < len(canonical):
        raise WrongUsage("--axes names an axis twice")
    return tuple(
        UnknownAxis(where="--axes", axis=name, suggestion=nearest(name, known), known=known)
        for name in canonical
        if name not in known
    )


def _too_many(axes: tuple[str, ...], found: "TooManyCombinations") -> "Problem":
    from cohort_membership.problems import DesignTooLarge

    counts = ((f"combinations of {', '.join(axes)}", found.count),)
    return DesignTooLarge(counts=counts, limit=found.limit, remedy="name fewer --axes, or a lower --strength")
