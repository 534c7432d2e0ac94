"""What a model's tokens cost and what a call takes, as an experiment gives them (contract §13)."""

import re
from dataclasses import dataclass
from decimal import Decimal

AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,20})?([eE][+-]?0?[0-9])?")
"""How an amount is written: a decimal number that is not negative."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens."""

    input: Decimal
    output: Decimal


@dataclass(frozen=True, slots=True)
class CallTokens:
    """The tokens that one call takes."""

    input: Decimal
    output: Decimal


def amount(text: str) -> Decimal | None:
    """The amount that a text holds; None where it holds none.

    >>> amount(" 0.90 "), amount("-1"), amount("1,5"), amount("nan")
    (Decimal('0.90'), None, None, None)
    """
    stripped = text.strip()
    return Decimal(stripped) if AMOUNT.fullmatch(stripped) else None
