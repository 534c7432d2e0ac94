"""How an object store is reached: its client, with every wait bounded, and the credentials.

obstore finds the credentials of the environment, of a web identity and of the machine's role by itself.
It knows no profiles, so those of `~/.aws` are read here: static keys by plain reading, whatever else a
profile asks for (a role, single sign-on, a process) by boto3 where it is installed. Such keys run out, so
they are not read once: whoever holds a `RenewedKeys` asks again, and botocore renews them in time.
"""

import configparser
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from returns.result import Failure, Result, Success

from cohort_membership.problems import Problems, StorageDenied
from cohort_membership.stores.addresses import Address

TIMEOUT_VARIABLE = "COHORT_STORAGE_TIMEOUT"
"""Seconds that one request to a store may take, and all of its retries together; 60 by default."""

RETRIES = 5
"""Between them the client waits a little longer each time."""

_TIMEOUT = 60.0
_ON_S3 = ("s3://", "s3a://")
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_ALLOW_HTTP = ("AWS_ALLOW_HTTP", "AZURE_ALLOW_HTTP", "GOOGLE_ALLOW_HTTP")


KEYS_KEPT = timedelta(minutes=5)
"""How long a client may use keys before it asks again; botocore renews them ten minutes before their end."""


@dataclass(frozen=True, slots=True)
class RenewedKeys:
    """The keys, as they are now, of a profile that has to be asked: a credential provider of obstore."""

    credentials: Any = field(repr=False)
    secrets: set[str] = field(default_factory=set, repr=False)
    """All that were ever given: no text that is shown may hold one."""

    def settings(self) -> dict[str, str]:
        try:
            frozen = self.credentials.get_frozen_credentials()
        except Exception as error:  # botocore's errors have no common parent; their texts may hold a key
            raise OSError(f"no credentials from the AWS profile ({type(error).__name__})") from None
        keys = {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "session_token": frozen.token or "",
        }
        self.secrets.update(value for value in keys.values() if value)
        return {name: value for name, value in keys.items() if value}

    def __call__(self) -> dict[str, Any]:
        keys = self.settings()
        token = keys.pop("session_token", None)
        return {**keys, "token": token, "expires_at": datetime.now(UTC) + KEYS_KEPT}


@dataclass(frozen=True, slots=True)
class Access:
    """What a client is opened with. `aws` are settings that the environment does not give by itself; `keys`
    are those of a profile whose keys run out."""

    timeout: float
    allow_http: bool
    aws: Mapping[str, str] = field(default_factory=dict, repr=False)
    keys: RenewedKeys | None = None

    @property
    def aws_now(self) -> dict[str, str]:
        """The settings with the keys of this moment, for a client that takes no provider."""
        return {**self.aws, **(self.keys.settings() if self.keys else {})}

    @property
    def connect_timeout(self) -> float:
        return min(5.0, self.timeout)


def access(address: Address, environment: Mapping[str, str]) -> Result[Access, Problems]:
    """How the store at an address is reached, from the environment and, on S3, the profile it names."""
    try:
        is_s3 = address.text.startswith(_ON_S3)
        profile, keys = _profile(environment) if is_s3 else ({}, None)
    except LookupError as error:
        return Failure((StorageDenied(action=f"open {address}", reason=str(error.args[0])),))
    except (OSError, ValueError, configparser.Error) as error:
        # Its text may hold the line that was not understood, and that line a key.
        reason = f"AWS settings that cannot be read ({type(error).__name__})"
        return Failure((StorageDenied(action=f"open {address}", reason=reason),))
    endpoint = next((environment[name] for name in _ENDPOINTS if environment.get(name)), None)
    endpoint = endpoint or profile.get("endpoint_url")
    aws = {**profile, **({"endpoint_url": endpoint} if endpoint else {})}
    http = (endpoint or "").startswith("http://") or any(
        environment.get(name, "").lower() in {"1", "true"} for name in _ALLOW_HTTP
    )
    return Success(Access(_timeout(environment), http, aws if is_s3 else {}, keys))


def _timeout(environment: Mapping[str, str]) -> float:
    try:
        return max(0.1, float(environment.get(TIMEOUT_VARIABLE, _TIMEOUT)))
    except ValueError:
        return _TIMEOUT


def _profile(environment: Mapping[str, str]) -> tuple[dict[str, str], RenewedKeys | None]:
    """The keys, the region and the endpoint of the AWS profile in use; nothing where the environment has
    keys of its own, or no profile is there."""
    if environment.get("AWS_ACCESS_KEY_ID"):
        return {}, None
    home = Path(environment.get("HOME", "~")).expanduser() / ".aws"
    name = environment.get("AWS_PROFILE", "default")
    settings = {
        **_section(Path(environment.get("AWS_CONFIG_FILE", home / "config")), _config_section(name)),
        **_section(Path(environment.get("AWS_SHARED_CREDENTIALS_FILE", home / "credentials")), name),
    }
    if not settings and "AWS_PROFILE" in environment:
        raise LookupError(f"no AWS profile {name!r}")
    found: dict[str, str] = {key: settings[key] for key in ("region", "endpoint_url") if key in settings}
    if "aws_access_key_id" in settings:
        wanted = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        keys = {key.removeprefix("aws_"): settings[key] for key in wanted if settings.get(key)}
        return found | keys, None
    if any(key.startswith(("sso_", "role_arn", "credential_process")) for key in settings):
        return found, _by_boto3(name)
    return found, None


def _section(file: Path, name: str) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    if file.is_file():
        parser.read_string(file.read_text(encoding="utf-8"))
    return dict(parser[name]) if parser.has_section(name) else {}


def _config_section(profile: str) -> str:
    return profile if profile == "default" else f"profile {profile}"


def _by_boto3(profile: str) -> RenewedKeys:
    """The keys of a profile that has to be asked for them; asked once now, so that a fault is told now."""
    try:
        session: Callable[..., Any] = import_module("boto3").Session
    except ModuleNotFoundError:
        raise LookupError(
            f"the AWS profile {profile!r}, whose kind of credentials needs boto3 (`pip install boto3`)"
        ) from None
    try:
        keys = RenewedKeys(session(profile_name=profile).get_credentials())
        keys.settings()
    except Exception as error:  # botocore's errors have no common parent that could be named here
        raise LookupError(
            f"no credentials from the AWS profile {profile!r} ({type(error).__name__})"
        ) from None
    return keys
