"""EDGE: prices that everybody can look up: those of genai-prices (the extra `cost`), as it comes, offline."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from importlib.util import find_spec

from cohort_membership.pricing import Price

_TOKENS = 1_000
"""A call of so many tokens is priced: below where a price for long prompts begins."""


@dataclass(frozen=True, slots=True)
class PriceList:
    """The price of a model by its public name; what was looked up with success is in `used`."""

    used: dict[str, Price] = field(default_factory=dict)

    def __call__(self, model: str) -> Price | None:
        """The price of a model; None where the list, or the extra, is not there."""
        if find_spec("genai_prices") is None:
            return None
        from genai_prices import Usage, calc_price

        try:
            found = calc_price(Usage(input_tokens=_TOKENS, output_tokens=_TOKENS), model)
        except LookupError:
            return None
        thousand_fold = 10**6 // _TOKENS
        price = Price(found.input_price * thousand_fold, found.output_price * thousand_fold)
        self.used[model] = price
        return price

    def notices(self) -> Iterator[str]:
        """What a person should know of prices that were taken from the list."""
        if self.used:
            data = f"genai-prices {version('genai-prices')} (its newest dated price is of {_newest()})"
            yield (
                f"the prices of {', '.join(sorted(self.used))} are those of {data}: as it warns itself, they "
                "will not be 100% accurate; what long prompts, caches and batches cost is left out"
            )


def _newest() -> date:
    """The newest date from which a price of the bundled data holds: the data is no older."""
    from genai_prices.data import providers
    from genai_prices.types import ConditionalPrice, StartDateConstraint

    return max(
        one.constraint.start_date
        for provider in providers
        for model in provider.models
        if isinstance(model.prices, list)
        for one in model.prices
        if isinstance(one, ConditionalPrice) and isinstance(one.constraint, StartDateConstraint)
    )
