"""Text from files and arguments, made safe to show: no character of it can steer a terminal."""

import re
import unicodedata

_PLAIN = re.compile(r"[\x20-\x7e]*+")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of characters that steer (escapes, right-to-left marks), or that nobody can see."""

TAB = "    "


def visible(text: str) -> str:
    r"""The text on one line, with a visible form for what is hidden or would steer a terminal.

    >>> visible("red \x1b[31m, back \u202e, 十句话, café")
    'red ␛[31m, back <U+202E>, 十句话, café'
    """
    if _PLAIN.fullmatch(text):
        return text
    return "".join(map(visible_character, text))


def visible_character(character: str) -> str:
    r"""One character's visible form, itself where it has one.

    >>> [visible_character(one) for one in ("a", "\t", "\n", "\x7f", "\u200b")]
    ['a', '    ', '␊', '␡', '<U+200B>']
    """
    if character == "\t":
        return TAB
    if character < " ":
        return chr(0x2400 + ord(character))
    if character == "\x7f":
        return "\u2421"
    if unicodedata.category(character) in _HIDDEN:
        return f"<U+{ord(character):04X}>"
    return character
