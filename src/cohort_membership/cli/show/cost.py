"""What a cohort costs, as people like to read it."""

from decimal import Decimal

from cohort_membership.cli.show.results import BAD, BOLD, CHANGED, GOOD, show_notices
from cohort_membership.cli.show.table import Cell, Column, Table
from cohort_membership.cli.show.terminal import Terminal, styled
from cohort_membership.cost.bill import Bill, by_reason, dollars, dollars_alike
from cohort_membership.problems import counted
from cohort_membership.problems.phrases import listed

MOST_MODELS = 20
"""Models of a stage that are named; the rest is counted."""


def show_bill(terminal: Terminal, bill: Bill, budget: Decimal | None = None) -> None:
    show_notices(terminal, bill.notices)
    calls, remaining = (
        sum(of) for of in zip(*((one.calls, one.remaining) for one in bill.rows), strict=True)
    )
    head = f" takes {counted(calls, 'call')}; {remaining:,} of them remain."
    columns = (
        *(Column("stage"), Column("model"), Column("calls", "number"), Column("remaining", "number")),
        *(Column("input tokens", "number"), Column("output tokens", "number")),
        *(Column("US$", "number"), Column("US$ remaining", "number"), Column("", "bar")),
    )
    *usd, usd_in_all = dollars_alike([*(one.usd for one in bill.rows), bill.usd])
    *left, left_in_all = dollars_alike([*(one.remaining_usd for one in bill.rows), bill.remaining_usd])
    rows: list[list[Cell]] = [
        [
            *(one.stage, one.model, one.calls, one.remaining),
            *(_tokens(one.input_tokens), _tokens(one.output_tokens)),
            *(usd[place], left[place], float(one.usd or 0)),
        ]
        for place, one in enumerate(bill.rows)
    ]
    total = ("total", "", calls, remaining, "", "", usd_in_all, left_in_all)
    terminal.show(styled((bill.cohort_id, BOLD), head), "", Table(columns, rows, total, grouped=True))
    _show_unknown(terminal, bill)
    if bill.interval is not None:
        low, high = (dollars(Decimal(one)) for one in (bill.interval.low, bill.interval.high))
        terminal.show(
            "",
            styled(
                f"Estimated from {counted(bill.learnt_from, 'done generation')}: what remains costs between "
                f"US$ {low} and US$ {high}, nine times out of ten."
            ),
        )
    if budget is not None:
        _show_budget(terminal, bill, budget)


def _tokens(amount: Decimal | None) -> int | None:
    return None if amount is None else round(amount)


def _show_unknown(terminal: Terminal, bill: Bill) -> None:
    if not bill.unknown:
        return
    terminal.show("", styled("What these calls cost is unknown, so there is no total:"))
    for why, stages in by_reason(bill.unknown).items():
        calls = sum(one.calls for own in stages.values() for one in own)
        terminal.show("", styled(f"  {counted(calls, 'call')}: ", (why, CHANGED)))
        for stage, own in stages.items():
            models = listed([one.model or "no model" for one in own], MOST_MODELS)
            terminal.show(styled(f"    {stage}: {models}"))
    if bill.known is not None:
        terminal.show("", styled(f"The rows above whose cost is known come to US$ {dollars(bill.known)}."))


def _show_budget(terminal: Terminal, bill: Bill, budget: Decimal) -> None:
    limit = f"the budget of US$ {budget:,f}"
    if bill.is_within(budget):
        terminal.show("", styled(("Within budget", GOOD), f": what remains is within {limit}."))
    elif bill.remaining_usd is None:
        terminal.show(
            "", styled(("Not within budget", BAD), f": what remains is unknown, and may be over {limit}.")
        )
    else:
        over = dollars(bill.remaining_usd - budget)
        terminal.show("", styled(("Over budget", BAD), f": what remains is US$ {over} over {limit}."))
