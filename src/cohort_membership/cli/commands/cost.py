"""`cost COHORT`: what a cohort costs, all and what is not done."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

from cyclopts import App, Parameter, Token

from cohort_membership.cli.arguments import AsJson, Cohort, DataRoot, Store
from cohort_membership.cli.exit_codes import ANSWER_IS_NO, DONE
from cohort_membership.cli.show.terminal import Terminal

app = App(
    name="cost",
    help_epilogue="""Examples:
  cohort-membership cost first-steps
  cohort-membership cost first-steps --budget 20
  cohort-membership cost first-steps --json | jq .usd""",
)


def _dollars(_: Any, tokens: Sequence[Token]) -> Decimal:
    """An amount as written: a float would round it."""
    from cohort_membership.pricing import amount

    found = amount(tokens[0].value)
    if found is None:
        raise ValueError(f"expected US dollars such as 12.50, got {tokens[0].value!r}")
    return found


@app.default
def cost(
    cohort: Cohort,
    /,
    *,
    budget: Annotated[
        Decimal | None,
        Parameter(
            converter=_dollars,
            show_default=False,
            help="US dollars. Exits with 3 where what remains costs more, or any of it is unknown.",
        ),
    ] = None,
    store: Store = None,
    data_root: DataRoot = "data",
    json: AsJson = False,
) -> int:
    """Show what a cohort costs, by stage and model: all, and what is not done.

    The cohort need not be built: calls are counted from its plan. A model's price is
    that of `prices` in the experiment, of its catalog, or of genai-prices (the extra
    cost). What a call takes is learnt from results that tell it; else the template's
    catalog or `tokens` in the experiment says it. What is unknown is named, and never
    counted as nothing. A template that copies makes no call.
    """
    from returns.pipeline import is_successful

    from cohort_membership.cli.rejections import rejected
    from cohort_membership.cli.show.cost import show_bill
    from cohort_membership.follow.cost import cost as cost_of
    from cohort_membership.follow.edges import open_followed

    terminal = Terminal(json)
    result = open_followed(data_root, store).bind(lambda followed: cost_of(followed, cohort))
    if not is_successful(result):
        return rejected(terminal, result.failure(), data_root)
    bill = result.unwrap()
    is_fine = budget is None or bill.is_within(budget)
    if terminal.as_json:
        terminal.result(bill.as_json())
    else:
        show_bill(terminal, bill, budget)
    return DONE if is_fine else ANSWER_IS_NO
