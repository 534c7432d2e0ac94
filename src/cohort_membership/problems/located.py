"""Where a problem stands, and what every kind of problem has."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar, dataclass_transform


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file: `file` relative to the data root; `line`, `column` from 1, in characters.

    `width` is the number of characters to underline from `column`; it is not part of the JSON form.
    """

    file: str
    line: int | None = None
    column: int | None = None
    width: int = 1

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


_Kind = TypeVar("_Kind")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def kind(cls: type[_Kind]) -> type[_Kind]:
    """A kind of problem: a frozen dataclass with named fields.

    Comparing and showing are inherited and every kind has a docstring: to generate these for each class is
    most of the time that importing it takes.
    """
    return dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)(cls)


@kind
class Located:
    """What every problem has; `code` and `retryable` belong to the class, not to the value."""

    code: ClassVar[str]
    retryable: ClassVar[bool] = False
    location: Location | None = None

    def _given(self) -> Iterator[tuple[str, Any]]:
        return ((field.name, getattr(self, field.name)) for field in fields(self))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Located) or type(self) is not type(other):
            return NotImplemented
        return tuple(self._given()) == tuple(other._given())

    def __hash__(self) -> int:
        return hash((type(self), *self._given()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._given())})"
