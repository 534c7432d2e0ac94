"""Addresses and texts without what is secret in them, so that they can be shown.

What is left of an address is what tells one store from another: scheme, host, path. User, password,
query and fragment go, since each has been seen to hold a credential; of a text that is no address as a
whole no part is known to be harmless, so no more than its scheme is shown.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

_USER = re.compile(r"(?<=://)(?:[^/?#\s]*|[^/\s]*:\S*)@")
_QUERY = re.compile(r"(?<=[^\s?#'\"<>])[?#][^\s'\"<>,)]*")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>,)]*")
_SCHEME = re.compile(r"(?:delta\+)?[A-Za-z][A-Za-z0-9+.-]{0,20}://")
_HARMLESS = re.compile(rf"(?:{_SCHEME.pattern})?[^:=@?#&;%\s]*")
_PLACE_OPTION = re.compile(r"(?:host=(?:/|%2[Ff])(?:[\w./-]|%2[Ff])*|port=\d{1,5})")
"""A socket's folder, and a port. Another host is not among them: a password with '&host=' in it is seen."""

_IN_AN_ADDRESS = re.compile(r"[:=@]")
_CREDENTIALS = re.compile(r"(?i)(?:passw(?:or)?d|pwd|secret|account_?key|access_?key)\w*\s*=")
_SECRET_KEY = re.compile(r"pass|secret|token|key|sig|credential", re.IGNORECASE)

SECRET_VARIABLES = (
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_TOKEN"),
    *(
        "AZURE_STORAGE_ACCOUNT_KEY",
        "AZURE_STORAGE_ACCESS_KEY",
        "AZURE_STORAGE_SAS_KEY",
        "AZURE_STORAGE_SAS_TOKEN",
    ),
    *("AZURE_STORAGE_CLIENT_SECRET", "AZURE_CLIENT_SECRET", "AZURE_STORAGE_TOKEN"),
    *("GOOGLE_SERVICE_ACCOUNT_KEY", "PGPASSWORD"),
)
"""Variables of the environment whose values no text that leaves the program may hold."""

_SHORTEST_SECRET = 4
"""Shorter values are no secrets, and taking them out would tear words."""


def redacted(text: str) -> str:
    """What may be shown of a text that was given as an address and is none: nothing that could be a secret.

    >>> redacted("postgresql://ann:s3/cr@et@db/cohorts"), redacted("host=db password=s3cret")
    ('postgresql://***', '***')
    >>> redacted("data"), redacted("ftp://host/x")
    ('data', 'ftp://host/x')
    """
    if _HARMLESS.fullmatch(text):
        return text
    scheme = _SCHEME.match(text)
    return f"{scheme[0]}***" if scheme else "***"


def redacted_name(text: str) -> str:
    """What may be shown of a text that was given as a name, such as a cohort's: an address was meant for
    another argument, and may hold a password.

    >>> redacted_name("my cohort"), redacted_name("postgresql://ann:s3cret@db/cohorts")
    ('my cohort', 'postgresql://***')
    """
    return redacted(text) if _IN_AN_ADDRESS.search(text) else text


def without_arguments(text: str, arguments: Iterable[str]) -> str:
    """The text, each argument of a command line that stands in it, or its value, shown as a name may be.

    >>> without_arguments("Unknown option: --stor=s3://k:s3cret@b.", ["--stor=s3://k:s3cret@b"])
    'Unknown option: --stor=s3://***.'
    """
    for argument in sorted(arguments, key=len, reverse=True):
        for part, shown in _parts(argument):
            for form in (part, repr(part)[1:-1]):
                text = text.replace(form, shown) if len(form) >= _SHORTEST_SECRET else text
    return text


def _parts(argument: str) -> Iterator[tuple[str, str]]:
    """What a parser may show of an argument, and what it becomes: an option is told without its value."""
    option, equals, value = argument.partition("=")
    if not equals or not argument.startswith("-"):
        yield argument, redacted_name(argument)
        return
    shown_option = redacted_name(option)
    is_secret = shown_option != option or names_credentials(argument)
    shown_value = "***" if is_secret else redacted_name(value)
    yield argument, f"{shown_option}={shown_value}"
    yield value, shown_value
    yield option, shown_option


def names_credentials(text: str) -> bool:
    """Whether a text gives a password as a connection string does.

    >>> names_credentials("/srv/x;password=y"), names_credentials("runs/stage=answer")
    (True, False)
    """
    return bool(_CREDENTIALS.search(unquote(text)))


def shown_address(address: str) -> str:
    """A whole address as it may be shown, so that it can be given again: scheme, place, and of the options
    those that say where a database is.

    >>> shown_address("postgresql://ann:s3cret@db:5432/cohorts?sslpassword=x&port=6000")
    'postgresql://db:5432/cohorts?port=6000'
    >>> shown_address("s3://bucket/a@b")
    's3://bucket/a@b'
    """
    scheme, rest = address.split("://", 1)
    place, _, query = rest.partition("?")
    netloc, slash, path = place.partition("/")
    options = [one for one in query.split("&") if _PLACE_OPTION.fullmatch(one)]
    shown = f"{scheme}://{netloc.rpartition('@')[2]}{slash}{path}"
    return f"{shown}?{'&'.join(options)}" if options else shown


def secrets_of(address: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """What a text must not hold: the address's password, its query's secrets, the variables' values.

    >>> secrets_of("postgresql://ann:p%40ss@db/x?sslpassword=hush", {"PGPASSWORD": "other"})
    ('ann:p%40ss', 'p%40ss', 'other', 'hush', 'p@ss')
    """
    found: list[str] = [environment.get(name, "") for name in SECRET_VARIABLES]
    if "://" in address:
        rest, _, query = address.split("://", 1)[1].partition("?")
        user = rest.partition("/")[0].rpartition("@")[0]
        password = user.partition(":")[2]
        found += [user if password else "", password, unquote(password)]
        pairs = [pair.partition("=") for pair in re.split(r"[&#]", query)]
        values = [value for key, _, value in pairs if _SECRET_KEY.search(key)]
        found += [one for value in values for one in (value, unquote(value))]
    long_enough = {one for one in found if len(one) >= _SHORTEST_SECRET}
    return tuple(sorted(long_enough, key=lambda one: (-len(one), one)))


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """The text with the secrets, and the secret parts of every URL in it, taken out.

    >>> without_secrets("got 403 for http://k:s@host/a?sig=abc from hush", ["hush"])
    'got 403 for http://***@host/a?*** from ***'
    """
    for secret in secrets:
        text = text.replace(secret, "***")
    return _URL.sub(lambda url: _QUERY.sub("?***", _USER.sub("***@", url[0])), text)
