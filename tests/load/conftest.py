"""A data root that is a dict."""

from collections.abc import Callable, Mapping

import pytest
from returns.result import Failure, Result, Success

from cohort_membership.ports import FileReader, ReadFault

Files = Mapping[str, str | bytes | ReadFault]


def _in_memory(files: Files) -> FileReader:
    def read(path: str, /, *, within: str, limit: int) -> Result[bytes, ReadFault]:
        found = files.get(path, ReadFault("missing", "no such file"))
        if isinstance(found, ReadFault):
            return Failure(found)
        return Success(found.encode() if isinstance(found, str) else found)

    return read


@pytest.fixture
def in_memory() -> Callable[[Files], FileReader]:
    """Makes a file reader of texts, bytes and faults by path."""
    return _in_memory
