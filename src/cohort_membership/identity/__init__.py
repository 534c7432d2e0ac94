"""Ids from texts: what a generation is called, for ever.

The plain reference, one id at a time, on the standard library alone. `identity.bulk` makes the same
ids by the million; it is proven equal to this module and checked against it in every build.

The format is the contract's (README.md beside this file): BLAKE2b (RFC 7693) with a digest of 10 bytes, read
as a big-endian number, in base 36 without padding, after the stage's prefix. Stored model outputs are
keyed by these ids, so nothing here may ever give another id for the same components.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from cohort_membership.experiment import Experiment
from cohort_membership.stage import Added, Stage

DIGEST_SIZE = 10
"""Bytes of BLAKE2b that an id keeps: 80 bits."""

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

MAX_DIGITS = 16
"""Digits that 80 bits can need: 36**15 < 2**80 < 36**16."""

SEPARATOR = "|"


def normalised(text: str) -> str:
    """The text as ids count it: stripped and lower-cased, as `str.strip` and `str.lower` do.

    >>> normalised("  Long-Form-V4 ")
    'long-form-v4'
    """
    return text.strip().lower()


def gen_id(prefix: str, components: Sequence[str | int]) -> str:
    """The id of the generation with these components, given in the order its stage counts them.

    A text is normalised, an integer (the replicate) stands as a decimal; `prefix` names the stage.

    >>> first = gen_id("d_", ["combo_v1_a1", "outline-first", "atlas-70b", 1])
    >>> second = gen_id("e_", [first, "long-form-v4", 1])
    >>> third = gen_id("v_", [second, "clarity-rubric", "fjord", 2])
    >>> first, second, third
    ('d_3sofzlpblw0d61sv', 'e_5aj8fnanmk6g209s', 'v_25lqtmn7v1ms4wak')
    >>> gen_id("d_", ["combo_v1_a1", "十句话", "delta/v2.1", 3])
    'd_wca9yhrl6i4c9uf'
    >>> gen_id("d_", ["c", "t3972", "m", 1])
    'd_ll4fyxuc0ludp'
    """
    return id_of_message(prefix, SEPARATOR.join(normalised(str(one)) for one in components).encode())


def gen_id_of(experiment: Experiment, stage: Stage, row: Mapping[str, str]) -> str:
    """The id of a stage's generation on a row of a design, which has a level for each axis."""
    parent = experiment.parent_of(stage)
    head = row[experiment.subject] if parent is None else gen_id_of(experiment, parent, row)
    counted = (row[axis] for _, axis in stage.counted)
    added = (text for one in stage.added if (text := added_text(one, row[one.axis])))
    return gen_id(stage.id_prefix, (head, *counted, *added))


def added_text(added: Added, level: str) -> str:
    """What an id counts of a column that came later: nothing where its level is the default.

    >>> added_text(Added("temperature", "answer_temperature", "0.7"), "1"), added_text(
    ...     Added("style", "answer_style", "Plain"), "plain"
    ... )
    ('temperature=1', '')
    """
    text = normalised(level)
    return "" if text == normalised(added.default) else f"{added.column}={text}"


def id_of_message(prefix: str, message: bytes) -> str:
    """The id of components that are normalised, joined and encoded already."""
    return prefix + base36(int.from_bytes(blake2b(message, digest_size=DIGEST_SIZE).digest(), "big"))


def base36(number: int) -> str:
    """A number of at least 0 in base 36, without padding.

    >>> base36(0), base36(35), base36(36), base36(2**80 - 1)
    ('0', 'z', '10', '5gv2rma270x9hhj3')
    """
    digits = ""
    while number >= 36:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return DIGITS[number] + digits
