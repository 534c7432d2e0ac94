"""What an object store answers with, as the problem it is, with `retryable` told truthfully.

obstore raises few kinds of errors and tells the rest in words: a status line, the code of the answer's
body, the kind of connection error. The words that are shown are our own: its messages hold addresses,
durations and request ids.
"""

import re
from collections.abc import Callable
from typing import Literal, TypeAlias

from obstore.exceptions import (
    BaseError,
    NotSupportedError,
    PermissionDeniedError,
    UnauthenticatedError,
)

from cohort_membership.problems import Location, Problem, StorageDenied, StorageFull, StorageUnavailable

Kind: TypeAlias = Literal["missing", "denied", "full", "unavailable"]

ERRORS = (BaseError, OSError, ValueError)
"""What obstore raises: its own errors, `FileNotFoundError`, and `ValueError` for a bad setting."""

_STATUS = re.compile(r"status code: (\d{3})(?: [A-Z][A-Za-z -]*[a-z])?")
_CODE = re.compile(r"<Code>([A-Za-z]+)</Code>")
_CREDENTIALS = re.compile(r"169\.254\.169\.254|metadata\.google\.internal|Account must be specified")
_NO_PLACE = {"NoSuchBucket", "ContainerNotFound"}
_FULL = {"XMinioStorageFull", "QuotaExceeded", "InsufficientStorage"}
_WORTH_A_RETRY = {408, 409, 425, 429}
_CONNECTION = (
    ("kind: Connect", "no connection"),
    ("kind: Timeout", "no answer in time"),
    ("TimedOut", "no answer in time"),
    ("kind: Decode", "an answer that breaks off"),
    ("kind: Interrupted", "an answer that breaks off"),
    ("kind: Request", "a connection that breaks off"),
)


def classified(error: Exception) -> tuple[Kind, str]:
    """What kind of failure an error of obstore is, and words for what was got.

    >>> from obstore.exceptions import GenericError
    >>> classified(GenericError("… Server returned non-2xx status code: 503 Slow Down: <Code>SlowDown</Code>"))
    ('unavailable', 'the answer 503 SlowDown')
    >>> classified(FileNotFoundError("Object at location a not found"))
    ('missing', 'no such object')
    """
    text = str(error)
    code, status = _CODE.search(text), _STATUS.search(text)
    name = code[1] if code else ""
    if name in _NO_PLACE:
        return "denied", "no such bucket"
    if _CREDENTIALS.search(text):
        return "denied", "no credentials (set the environment's variables, or a profile)"
    if isinstance(error, FileNotFoundError):
        return "missing", "no such object"
    if isinstance(error, PermissionDeniedError | UnauthenticatedError | PermissionError):
        return "denied", f"permission denied{f' ({name})' if name else ''}"
    if isinstance(error, NotSupportedError):
        return "denied", "a store that cannot put on a condition"
    if status:
        return _by_status(int(status[1]), name)
    said = next((words for sign, words in _CONNECTION if sign in text), None)
    if said is None and isinstance(error, ValueError):
        return "denied", "a setting that the store's client does not take"
    return "unavailable", said or "an error of the store's client"


def as_problem(
    error: Exception, action: str, clean: Callable[[str], str], location: Location | None = None
) -> Problem:
    """The problem that an error of obstore is."""
    kind, got = classified(error)
    reason = clean(got)
    match kind:
        case "denied" | "missing":
            return StorageDenied(action=action, reason=reason, location=location)
        case "full":
            return StorageFull(action=action, reason=reason, location=location)
        case "unavailable":
            return StorageUnavailable(action=action, reason=reason, location=location)


def _by_status(status: int, name: str) -> tuple[Kind, str]:
    got = f"the answer {status}{f' {name}' if name else ''}"
    if name in _FULL or status == 507:
        return "full", got
    if status >= 500 or status in _WORTH_A_RETRY:
        return "unavailable", got
    return "denied", got
