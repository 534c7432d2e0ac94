"""Texts that a reader cannot tell apart: NFC and NFD, zero-width characters, letters of other scripts."""

MOST_SHOWN = 8
"""As many code points are shown of a part that differs."""

# Letters of other scripts, dashes and quotation marks that look like a character of ASCII. Wide, small and
# styled forms need no entry: NFKC maps them.
_ASCII_FORMS = str.maketrans(
    "АВЕКМНОРСТУХІЈЅаеорсухіјѕһԁԛԝьΑΒΕΖΗΙΚΜΝΟΡΤΥΧονıɡɑ‐‑‒–—―−‘’‛“”‟׳״",
    "ABEKMHOPCTYXIJSaeopcyxijshdqwbABEZHIKMNOPTYXoviga-------'''\"\"\"'\"",
)


def as_seen(text: str) -> str:
    """What a reader sees of a text: texts with the same answer look alike.

    >>> as_seen("cafe\u0301") == as_seen("caf\u00e9"), as_seen("fj\u043erd"), as_seen("de\u200bpth")
    (True, 'fjord', 'depth')
    """
    if text.isascii():
        return text
    import unicodedata  # a megabyte that only few specs need

    shown = "".join(one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) != "Cf")
    return " ".join(shown.translate(_ASCII_FORMS).split())


def look_alike(one: str, other: str) -> bool:
    """Whether two different texts look the same to a reader."""
    return one != other and as_seen(one) == as_seen(other)


def differing_code_points(text: str, other: str) -> str:
    """The code points of `text` where it differs from a text that looks like it; '' where none does.

    >>> differing_code_points("cafe\u0301", "caf\u00e9"), differing_code_points("caf\u00e9", "cafe\u0301")
    ('U+0065 U+0301', 'U+00E9')
    >>> differing_code_points("depth", "width")
    ''
    """
    if not look_alike(text, other):
        return ""
    shorter = min(len(text), len(other))
    start = next((i for i in range(shorter) if text[i] != other[i]), shorter)
    end = next((i for i in range(shorter - start) if text[-1 - i] != other[-1 - i]), shorter - start)
    part = text[start : len(text) - end]
    points = [f"U+{ord(one):04X}" for one in part[:MOST_SHOWN]]
    return " ".join(points + (["…"] if len(part) > MOST_SHOWN else []))
