"""The `prices` and `tokens` of an experiment: what a model's tokens cost, and how many a call takes."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from cohort_membership.document import Map, Node, Scalar, described, quoted
from cohort_membership.load.experiment.shape import PRICE, TOKENS
from cohort_membership.pricing import CallTokens, Price, amount
from cohort_membership.problems import SpecInvalid
from cohort_membership.rules.decoding import Decoding
from cohort_membership.rules.shape import Keys
from cohort_membership.suggest import nearest


def decode_prices(decoding: Decoding, node: Node | None) -> Mapping[str, Price]:
    """The price of each model that the section names."""
    found = _entries(decoding, node, "prices", "a map from models to prices", PRICE)
    return {name.text: Price(*amounts) for name, amounts in found}


def decode_tokens(decoding: Decoding, node: Node | None, stages: Sequence[str]) -> Mapping[str, CallTokens]:
    """The tokens that a call of each stage takes; a problem for a stage that there is not."""
    found = _entries(decoding, node, "tokens", "a map from stages to tokens", TOKENS)
    for name, _ in found:
        if stages and name.text not in stages:
            decoding.problems.append(
                SpecInvalid(
                    where=f"tokens.{name.text}",
                    detail=f"there is no stage {name.text!r}",
                    suggestion=nearest(name.text, stages),
                    location=name.location,
                )
            )
    return {name.text: CallTokens(*amounts) for name, amounts in found}


def _entries(
    decoding: Decoding, node: Node | None, section: str, expected: str, keys: Keys
) -> Sequence[tuple[Scalar, tuple[Decimal, Decimal]]]:
    """The names of a section, each with its amounts of input and output."""
    if node is None:
        return ()
    if not isinstance(node, Map):
        decoding.invalid(node.location, section, expected, described(node))
        return ()
    found = []
    for key, value in node.entries:
        name = decoding.name(key, section)
        where = f"{section}.{key.text.strip()}"
        fields = decoding.fields(value, keys.names, where)
        if name is None or fields is None:
            continue
        amounts = tuple(
            _amount(decoding, decoding.required(fields, one, where, name.location), f"{where}.{one}")
            for one in keys.required
        )
        read = tuple(one for one in amounts if one is not None)
        if len(read) == 2:
            found.append((name, (read[0], read[1])))
    return found


def _amount(decoding: Decoding, node: Node | None, where: str) -> Decimal | None:
    text = None if node is None else decoding.text(node, where, "a number")
    if node is None or text is None:
        return None
    found = amount(text.text)
    if found is None:
        decoding.invalid(node.location, where, "a number from 0, such as 0.9", quoted(text.text))
    return found
