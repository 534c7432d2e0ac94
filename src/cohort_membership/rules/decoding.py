"""Decodes the maps of a document: known keys, required keys, names. Every problem is kept.

A misspelt key is reported, and then read as the key it resembles, so that nothing seems missing
which is only misspelt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from cohort_membership.document import Map, Node, Scalar, described, in_words, is_null, quoted
from cohort_membership.problems import Location, SpecInvalid
from cohort_membership.problems.phrases import short
from cohort_membership.rules.key_hints import hint_for_key
from cohort_membership.rules.lists import Includes, Lists
from cohort_membership.spec import Levels
from cohort_membership.suggest import Suggestions

_Entry: TypeAlias = tuple[Scalar, Node]


@dataclass(frozen=True, slots=True)
class Fields:
    """The known keys of a map with their values, in order. Not `complete` where a key made no sense."""

    entries: Mapping[str, _Entry]
    complete: bool

    def value(self, key: str) -> Node | None:
        """The value, or None where the key is absent or null."""
        entry = self.entries.get(key)
        return None if entry is None or is_null(entry[1]) else entry[1]

    def key(self, key: str) -> Scalar | None:
        entry = self.entries.get(key)
        return None if entry is None else entry[0]


class Decoding(Lists):
    """Decodes the parts of a spec; keeps the `problems`."""

    def __init__(self, includes: Includes) -> None:
        super().__init__(includes)
        self.suggestions = Suggestions()

    # --------------------------------------------------------------------- maps

    def fields(
        self, node: Node, known: Sequence[str], where: str, *, extensions: bool = False
    ) -> Fields | None:
        """The known keys of a map; None, with a problem, for anything else.

        Where `extensions` are allowed, `description` and keys that begin with 'x-' are passed over.
        """
        if not isinstance(node, Map):
            keys = "the key" if len(known) == 1 else "the keys"
            self.invalid(node.location, where, f"a map with {keys} {in_words(known)}", described(node))
            return None
        exact = {key.text for key, _ in node.entries if key.text in known}
        entries: dict[str, _Entry] = {}
        complete = True
        for key, value in node.entries:
            if key.text in exact:
                entries[key.text] = (key, value)
                continue
            if extensions and (key.text == "description" or key.text.startswith("x-")):
                continue
            guess = self.suggestions.nearest(key.text, known)
            self._unknown(key, known, where, guess)
            if guess is None:
                complete = False
            elif guess not in exact:
                entries.setdefault(guess, (key, value))
        return Fields(entries, complete)

    def required(self, fields: Fields, key: str, where: str, otherwise_at: Location | None) -> Node | None:
        """The value of the key; None, with a problem, where it is absent or null."""
        value = fields.value(key)
        if value is None and key in fields.entries:
            at = fields.entries[key][1].location
            self.invalid(
                at, key if where in ("spec", "experiment") else f"{where}.{key}", "a value", "nothing"
            )
        elif value is None:
            self.invalid(otherwise_at, where, f"the key '{key}'", "none")
        return value

    def name(self, key: Scalar, where: str) -> Scalar | None:
        """The key as a name, stripped; None, with a problem, where it is empty."""
        text = key.text.strip()
        if key.is_null or not text:
            self.invalid(key.location, where, "a name", described(key))
            return None
        if text == "<<":
            remedy = hint_for_key(text, where)
            self.problems.append(
                SpecInvalid(where=where, detail="'<<' is not a name", remedy=remedy, location=key.location)
            )
            return None
        return Scalar(text, key.location)

    # ------------------------------------------------------------ parts of rules

    def one_of(self, node: Node | None, where: str, known: Sequence[str]) -> str | None:
        """One of a few words; None where there is nothing, and, with a problem, for any other."""
        text = None if node is None else self.text(node, where, in_words(known))
        if text is None or text.text in known:
            return text.text if text else None
        self.invalid(
            text.location,
            where,
            in_words(known),
            quoted(text.text),
            self.suggestions.nearest(text.text, known),
        )
        return None

    def axis(self, fields: Fields, key: str, where: str, name: Scalar) -> Scalar | None:
        """The axis that a required key names."""
        node = self.required(fields, key, where, name.location)
        return None if node is None else self.text(node, f"{where}.{key}", "an axis")

    def ids(self, node: Node, where: str) -> tuple[Levels, bool]:
        """The ids of generations that could be read, and whether these are all."""
        return self._texts(node, where, "an id", may_be_empty=False)

    def _unknown(self, key: Scalar, known: Sequence[str], where: str, guess: str | None) -> None:
        keys = (
            f"the keys here are {in_words(known, 'and')}"
            if len(known) > 1
            else f"the key here is '{known[0]}'"
        )
        self.problems.append(
            SpecInvalid(
                where=where,
                detail=f"unknown key {short(key.text, beside=guess)}; {keys}",
                suggestion=guess,
                remedy=hint_for_key(key.text, where),
                location=key.location,
            )
        )
