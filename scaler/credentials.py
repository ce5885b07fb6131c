"""Named credentials for GitLab, from a mounted file; a token never comes by a trigger's metadata.

    default:
      tokenFile: /etc/hookrunner/gitlab/token   # or token: glpat-…
      gitlabUrls: [https://gitlab.example.com]  # the token is sent there only
      namespaces: [ci-*]                        # whose ScaledObjects may use it; ["*"]: everybody's
      callsPerMinute: 480                       # shared by every query of the credential
      allowInsecure: false                      # whether insecureSkipVerify may be used with it

The file is YAML or JSON. It is read again when it has changed, so that a token can be rotated without a restart.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec
import yaml

from function.errors import QueryDenied, SettingError
from scaler.queries import Source
from scaler.values import Url, shown

_LOG = logging.getLogger(__name__)
CALLS_PER_MINUTE = 480
"""Default budget: four fifths of GitLab's 600 a minute for a project's jobs (docs.gitlab.com/api/jobs)."""


class _Entry(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True):
    gitlab_urls: tuple[str, ...]
    namespaces: tuple[str, ...]
    token: str = ""
    token_file: str = ""
    calls_per_minute: int = CALLS_PER_MINUTE
    allow_insecure: bool = False


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential. `gitlab_urls` are normalised as a query's is."""

    name: str
    gitlab_urls: tuple[str, ...]
    namespaces: tuple[str, ...]
    secret: str = field(default="", repr=False)
    token_file: str = ""
    calls_per_minute: int = CALLS_PER_MINUTE
    allow_insecure: bool = False

    def token(self) -> str:
        """The token as it is now.

        Raises:
            SettingError: its file cannot be read, or holds what cannot be a token.
        """
        if not self.token_file:
            return self.secret
        try:
            token = Path(self.token_file).read_text(encoding="ascii").strip()
        except (OSError, UnicodeError) as error:
            raise SettingError(f"credential {self.name}: tokenFile cannot be read: {type(error).__name__}") from None
        if not token or not token.isprintable():
            raise SettingError(f"credential {self.name}: tokenFile must hold one line, the token")
        return token

    def check(self, source: Source, namespace: str) -> None:
        """Nothing, if a query from `namespace` may use this credential for `source`.

        Raises:
            QueryDenied: it may not; the message says what a person would have to allow.
        """
        if not any(fnmatchcase(namespace, pattern) for pattern in self.namespaces):
            raise QueryDenied(f"credential {self.name!r} is not for namespace {shown(namespace)}: see its namespaces")
        self.check_source(source)

    def check_source(self, source: Source) -> None:
        """Nothing, if the token may be sent to where `source` is, whoever asks.

        Raises:
            QueryDenied: it may not; the message says what a person would have to allow.
        """
        if source.gitlab_url not in self.gitlab_urls:
            raise QueryDenied(f"credential {self.name!r} is not for {shown(source.gitlab_url)}: see its gitlabUrls")
        if source.insecure and not self.allow_insecure:
            raise QueryDenied(f"credential {self.name!r} refuses insecureSkipVerify: use caFile, or see allowInsecure")


class Credentials:
    """The credentials of one file. Read once at the start, and again when `refresh` finds it changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = _stamp(path)
        self._by_name = read(path)

    def get(self, name: str) -> Credential:
        """The credential of that name.

        Raises:
            QueryDenied: there is none.
        """
        try:
            return self._by_name[name]
        except KeyError:
            raise QueryDenied(f"credential {shown(name)} is not in the scaler's configuration") from None

    def refresh(self) -> None:
        """Reads the file again if it has changed; keeps what there was, loudly, if it is wrong now."""
        stamp = _stamp(self._path)
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._by_name = read(self._path)
        except SettingError as error:
            _LOG.error("the changed credentials are not used: %s", error)
        else:
            _LOG.info("credentials read anew: %s", ", ".join(sorted(self._by_name)))


def read(path: Path) -> Mapping[str, Credential]:
    """The credentials of the file at `path`.

    Raises:
        SettingError: it cannot be read, or something in it is wrong; the message quotes no value.
    """
    try:
        entries = msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), dict[str, _Entry])
    except msgspec.ValidationError as error:
        raise SettingError(f"{path}: {error}") from None
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise SettingError(f"{path} is not a readable YAML file: {type(error).__name__}") from None
    return {name: _credential(path, name, entry) for name, entry in entries.items()}


def _credential(path: Path, name: str, entry: _Entry) -> Credential:
    if bool(entry.token) == bool(entry.token_file):
        raise SettingError(f"{path}: {name}: exactly one of token and tokenFile must be given")
    if not (entry.token.isascii() and entry.token.isprintable()) or entry.calls_per_minute < 1:
        raise SettingError(f"{path}: {name}: token must be one printable line, callsPerMinute at least 1")
    return Credential(
        name=name,
        gitlab_urls=tuple(_url(path, name, url) for url in entry.gitlab_urls),
        namespaces=entry.namespaces,
        secret=entry.token,
        token_file=entry.token_file,
        calls_per_minute=entry.calls_per_minute,
        allow_insecure=entry.allow_insecure,
    )


def _url(path: Path, name: str, text: str) -> str:
    try:
        return Url().parse(text)
    except ValueError:
        raise SettingError(f"{path}: {name}: gitlabUrls: {shown(text)} is not {Url().allowed}") from None


def _stamp(path: Path) -> tuple[int, int, int]:
    """What changes with the file: a mounted Secret is swapped by a symbolic link, so the inode changes too."""
    try:
        status = path.stat()
    except OSError:
        return (0, 0, 0)
    return (status.st_ino, status.st_mtime_ns, status.st_size)
