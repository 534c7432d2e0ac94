"""What a cohort costs, on the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from cohort_membership.cost.bill import Bill, BillRow, Unknown, by_reason, dollars, dollars_alike
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
    *usd, usd_in_all = dollars_alike([*(one.usd for one in bill.rows), bill.usd])
    *left, left_in_all = dollars_alike([*(one.remaining_usd for one in bill.rows), bill.remaining_usd])
    rows = [_row(*one, dearest) for one in zip(bill.rows, usd, left, strict=True)]
    by_stage: dict[str, list[CostRow]] = {}
    for own, row in zip(bill.rows, rows, strict=True):
        by_stage.setdefault(own.stage, []).append(row)
    reasons = by_reason(bill.unknown)
    interval = bill.interval
    return CostShown(
        sum(one.calls for one in bill.rows),
        sum(one.remaining for one in bill.rows),
        usd_in_all,
        left_in_all,
        cut(
            ((stage, cut(own, len(own), MOST_ROWS)) for stage, own in by_stage.items()),
            len(by_stage),
            MOST_STAGES,
        ),
        cut(map(_unknown, reasons, reasons.values()), len(reasons), MOST_UNKNOWN),
        dollars(bill.known),
        None if interval is None else (dollars(Decimal(interval.low)), dollars(Decimal(interval.high))),
        bill.learnt_from,
    )


def _row(row: BillRow, usd: str | None, remaining_usd: str | None, dearest: Decimal) -> CostRow:
    return CostRow(
        None if row.model is None else named(row.model),
        row.calls,
        row.remaining,
        _whole(row.input_tokens),
        _whole(row.output_tokens),
        usd,
        remaining_usd,
        float(row.usd / dearest) if row.usd and dearest else 0.0,
    )


def _unknown(why: str, stages: Mapping[str, Sequence[Unknown]]) -> UnknownShown:
    return UnknownShown(
        named(why, 160),
        sum(one.calls for own in stages.values() for one in own),
        tuple(
            (stage, all_named([one.model or "no model" for one in own], MOST_MODELS))
            for stage, own in stages.items()
        ),
    )


def _whole(amount: Decimal | None) -> int | None:
    return None if amount is None else round(amount)
