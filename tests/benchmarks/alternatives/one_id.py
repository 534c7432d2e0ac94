"""One id in plain Python: what every alternative pays for each row."""

from hashlib import blake2b

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def gen_id(prefix: str, *components: object) -> str:
    return id_of_text(prefix, "|".join([str(one).strip().lower() for one in components]))


def id_of_text(prefix: str, text: str) -> str:
    """The id of components that are normalised and joined already."""
    number = int.from_bytes(blake2b(text.encode(), digest_size=10).digest(), "big")
    digits = []
    while number:
        number, digit = divmod(number, 36)
        digits.append(DIGITS[digit])
    return prefix + ("".join(reversed(digits)) or "0")
