"""What a cohort costs, on the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from cohort_membership.cost.bill import Bill, BillRow, Unknown, dollars
from cohort_membership.report.texts import Cut, all_named, cut, named

MOST_STAGES, MOST_ROWS, MOST_UNKNOWN, MOST_MODELS = 40, 30, 20, 10


@dataclass(frozen=True, slots=True)
class CostRow:
    """The calls of a stage to a model: None where unknown. `share` is of the dearest row."""

    model: str | None
    calls: int
    remaining: int
    input_tokens: int | None
    output_tokens: int | None
    usd: str | None
    remaining_usd: str | None
    share: float


@dataclass(frozen=True, slots=True)
class UnknownShown:
    """Calls whose cost is unknown for the same reason; `stages` with their models."""

    why: str
    calls: int
    stages: tuple[tuple[str, Cut[str]], ...]


@dataclass(frozen=True, slots=True)
class CostShown:
    """`stages` are rows by stage, `unknown` are reasons with their calls, stage by stage; `known` is what the
    known rows come to where there is no total, `interval` where the cost of what remains lies."""

    calls: int
    remaining: int
    usd: str | None
    remaining_usd: str | None
    stages: Cut[tuple[str, Cut[CostRow]]]
    unknown: Cut[UnknownShown]
    known: str | None
    interval: tuple[str | None, str | None] | None
    learnt_from: int


def cost_of(bill: Bill) -> CostShown:
    dearest = max((one.usd for one in bill.rows if one.usd is not None), default=Decimal(0))
    by_stage = [(stage, list(rows)) for stage, rows in groupby(bill.rows, key=lambda row: row.stage)]
    reasons: dict[str, list[Unknown]] = {}
    for one in bill.unknown:
        reasons.setdefault(one.why, []).append(one)
    interval = bill.interval
    return CostShown(
        sum(one.calls for one in bill.rows),
        sum(one.remaining for one in bill.rows),
        dollars(bill.usd),
        dollars(bill.remaining_usd),
        cut(((stage, _rows(rows, dearest)) for stage, rows in by_stage), len(by_stage), MOST_STAGES),
        cut(map(_unknown, reasons.values()), len(reasons), MOST_UNKNOWN),
        dollars(bill.known),
        None if interval is None else (dollars(Decimal(interval.low)), dollars(Decimal(interval.high))),
        bill.learnt_from,
    )


def _rows(rows: Sequence[BillRow], dearest: Decimal) -> Cut[CostRow]:
    shown = (
        CostRow(
            None if one.model is None else named(one.model),
            one.calls,
            one.remaining,
            _whole(one.input_tokens),
            _whole(one.output_tokens),
            dollars(one.usd),
            dollars(one.remaining_usd),
            float(one.usd / dearest) if one.usd and dearest else 0.0,
        )
        for one in rows
    )
    return cut(shown, len(rows), MOST_ROWS)


def _unknown(alike: Sequence[Unknown]) -> UnknownShown:
    by_stage = groupby(alike, key=lambda one: one.stage)
    models = [(stage, [one.model or "no model" for one in own]) for stage, own in by_stage]
    return UnknownShown(
        named(alike[0].why, 160),
        sum(one.calls for one in alike),
        tuple((stage, all_named(own, MOST_MODELS)) for stage, own in models),
    )


def _whole(amount: Decimal | None) -> int | None:
    return None if amount is None else round(amount)
