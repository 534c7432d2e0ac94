"""What an object store answers with, as the problem it is, with `retryable` told truthfully.

obstore and deltalake share a client, which tells most of what it met in words: a status line, the code
of the answer's body, the kind of connection error. The words that are shown are our own: its messages
hold addresses, durations and request ids. Nothing is imported from either, as one may be missing.
"""

import re
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from cohort_membership.problems import Location, Problem, StorageDenied, StorageFull, StorageUnavailable

Kind: TypeAlias = Literal["missing", "denied", "full", "unavailable"]

_STATUS = re.compile(r"status code\W+(\d{3})\b")
_CODE = re.compile(r"<Code>([A-Za-z]+)</Code>")
_CREDENTIALS = re.compile(r"169\.254\.169\.254|metadata\.google\.internal|Account must be specified")
_NO_PLACE = {"NoSuchBucket", "ContainerNotFound"}
_FULL = {"XMinioStorageFull", "QuotaExceeded", "InsufficientStorage"}
_WORTH_A_RETRY = {408, 409, 425, 429}
_COLOURS = re.compile(r"\x1b\[\d+m")
_BY_CLASS: Mapping[str, tuple[Kind, str]] = {
    "FileNotFoundError": ("missing", "no such object"),
    "PermissionDeniedError": ("denied", "permission denied"),
    "PermissionError": ("denied", "permission denied"),
    "UnauthenticatedError": ("denied", "permission denied"),
    "NotSupportedError": ("denied", "a store that cannot put on a condition"),
    "UnknownConfigurationKeyError": ("denied", "a setting that the store's client does not take"),
}
_SIGNS: tuple[tuple[str, tuple[Kind, str]], ...] = (
    *((sign, ("full", "no space left")) for sign in ("No space left", "Disk quota exceeded", "os error 28)")),
    *((sign, ("denied", "permission denied")) for sign in ("Permission denied", "Read-only file system")),
    *((sign, ("denied", "a file in a folder's place")) for sign in ("Not a directory", "os error 20)")),
    *((sign, ("unavailable", "no connection")) for sign in ("kind: Connect", "(Connect)", "dns error")),
    *((sign, ("unavailable", "no answer in time")) for sign in ("kind: Timeout", "TimedOut", "timed out")),
    *((sign, ("unavailable", "an answer that breaks off")) for sign in ("kind: Decode", "kind: Interrupted")),
    *(
        (sign, ("unavailable", "an answer that breaks off"))
        for sign in ("error decoding response", "body error")
    ),
    *((sign, ("unavailable", "a connection that breaks off")) for sign in ("kind: Request", "(SendRequest)")),
    ("error sending request", ("unavailable", "no connection")),
)
"""What tells a kind of failure in the client's words, the surest first."""

UNKNOWN: tuple[Kind, str] = ("unavailable", "an error of the store's client")


def classified(error: Exception) -> tuple[Kind, str]:
    """What kind of failure an error of the client is, and words for what was got.

    >>> classified(OSError("Server returned non-2xx status code: 503 Slow Down: <Code>SlowDown</Code>"))
    ('unavailable', 'the answer 503 SlowDown')
    >>> classified(FileNotFoundError("Object at location a not found"))
    ('missing', 'no such object')
    """
    text = _COLOURS.sub("", str(error))
    code, status = _CODE.search(text), _STATUS.search(text)
    name = code[1] if code else ""
    if name in _NO_PLACE:
        return "denied", "no such bucket"
    if _CREDENTIALS.search(text):
        return "denied", "no credentials (set the environment's variables, or a profile)"
    of_its_class = _BY_CLASS.get(type(error).__name__)
    if of_its_class is not None:
        kind, words = of_its_class
        return kind, f"{words} ({name})" if name and kind == "denied" else words
    if status:
        return _by_status(int(status[1]), name)
    return next((found for sign, found in _SIGNS if sign in text), UNKNOWN)


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
