"""Addresses and texts without what is secret in them, so that they can be shown.

What is left of an address is what tells one store from another: scheme, host, path. User, password,
query and fragment go, since each has been seen to hold a credential.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

_USER = re.compile(r"(?<=://)[^/?#\s]*@")
_QUERY = re.compile(r"(?<=[^\s?#'\"<>])[?#][^\s'\"<>,)]*")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>,)]*")
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


def redacted(address: str) -> str:
    """The address as it may be shown.

    >>> redacted("postgresql://ann:s3cret@db:5432/cohorts?sslpassword=x")
    'postgresql://db:5432/cohorts'
    >>> redacted("postgresql://ann:s3/cr@et@db/cohorts"), redacted("s3://bucket/a@b")
    ('postgresql://db/cohorts', 's3://bucket/a@b')
    >>> redacted("data")
    'data'
    """
    if "://" not in address:
        return address
    scheme, rest = address.split("://", 1)
    user, at, place = rest.rpartition("@")
    if not at or ("/" in user and ":" not in user):
        place = rest  # the '@' of a path, unless what stands before it may be a password with a '/'
    return f"{scheme}://{re.split(r'[?#]', place, maxsplit=1)[0]}"


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
