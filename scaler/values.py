"""The kinds of values that a trigger's metadata may have: how each is read, and the nearest right one to a wrong one.

Every kind has `allowed` (a phrase for errors and documentation), `parse` (raises ValueError) and `nearest`.
"""

import difflib
import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from function import environment

_SHOWN = 80
_LONGEST_PATH = 1024
_LONGEST_FILE = 251
# GitLab's token prefixes (docs.gitlab.com/security/tokens, "Token prefixes").
_TOKEN = re.compile(r"(?:gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|wt|soat|ffct)|GR1348941)-?[\w.-]{8,}", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9_][\w.-]*(/[A-Za-z0-9_][\w.-]*)*", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", re.ASCII)
_FILE = re.compile(r"/[\w./-]+", re.ASCII)
_UNNAMED = re.compile(r"[^\w.-]+", re.ASCII)


class Kind(Protocol):
    """One kind of value."""

    @property
    def allowed(self) -> str:
        """What is allowed, as the end of the sentence "it must be …"."""

    def parse(self, text: str) -> Any:  # noqa: ANN401 - each kind has a type of its own
        """The value of `text`; raises ValueError if it is not allowed."""

    def nearest(self, text: str) -> str | None:
        """The allowed text that is nearest to a wrong one, if any comes near."""


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number within bounds, both included."""

    minimum: int
    maximum: int

    @property
    def allowed(self) -> str:
        """The bounds."""
        return f"a whole number from {self.minimum} to {self.maximum}"

    def parse(self, text: str) -> int:
        """The number."""
        return environment.integer(self.minimum, self.maximum)(text)

    def nearest(self, text: str) -> str | None:
        """The first number in the text, rounded into the bounds."""
        match = re.search(r"-?\d{1,18}(\.\d{1,18})?", text, re.ASCII)
        if match is None:
            return None
        return str(min(max(round(float(match[0])), self.minimum), self.maximum))


@dataclass(frozen=True, slots=True)
class Duration:
    """Seconds within bounds, written with a unit."""

    minimum: float
    maximum: float

    @property
    def allowed(self) -> str:
        """The bounds, with units."""
        return f"a duration from {self.minimum:g}s to {self.maximum:g}s, such as 250ms, 10s or 1m"

    def parse(self, text: str) -> float:
        """The seconds."""
        seconds = environment.duration(text)
        if not self.minimum <= seconds <= self.maximum:
            raise ValueError(text)
        return seconds

    def nearest(self, text: str) -> str | None:
        """The same number in seconds where the unit is missing; else rounded into the bounds."""
        try:
            seconds = environment.duration(text)
        except ValueError:
            match = re.search(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII)
            if match is None:
                return None
            seconds = float(match[0])
        return f"{min(max(seconds, self.minimum), self.maximum):g}s"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words, exactly so written."""

    words: tuple[str, ...]

    @property
    def allowed(self) -> str:
        """The words."""
        return " or ".join(repr(word) for word in self.words)

    def parse(self, text: str) -> str:
        """The word."""
        return environment.choice(*self.words)(text)

    def nearest(self, text: str) -> str | None:
        """The word that is written most alike."""
        return closest(text, self.words)


@dataclass(frozen=True, slots=True)
class Boolean:
    """true or false."""

    allowed: str = "'true' or 'false'"

    def parse(self, text: str) -> bool:
        """The truth."""
        return environment.boolean(text)

    def nearest(self, text: str) -> str | None:
        """The word that is written most alike."""
        return closest(text, ("true", "false"))


@dataclass(frozen=True, slots=True)
class Url:
    """The address of a GitLab instance, with its relative root if it has one."""

    allowed: str = "an http or https URL without user, query or fragment, such as https://gitlab.example.com"

    def parse(self, text: str) -> str:
        """The URL without a trailing slash, its scheme and host in lower case."""
        if not text.isascii() or not text.isprintable() or " " in text:
            raise ValueError(text)
        parts = urlsplit(text)
        if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
            raise ValueError(text)
        if "@" in parts.netloc or parts.query or parts.fragment or (parts.port == 0):
            raise ValueError(text)
        return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path.rstrip('/')}"

    def nearest(self, text: str) -> str | None:
        """The host and path of the text as an https URL."""
        match = re.fullmatch(
            r"(?:[\w+-]*:/*)?(?:[^/@]*@)?([\w.-]+(?::\d{1,5})?(?:/[\w./-]*)?)(?:[?#].*)?", text, re.ASCII
        )
        return f"https://{match[1].rstrip('/').lower()}" if match and len(match[1]) <= _SHOWN else None


@dataclass(frozen=True, slots=True)
class Reference:
    """A project or a group: its number, or its full path."""

    what: str

    @property
    def allowed(self) -> str:
        """Number or path."""
        return f"a {self.what}'s number, or its full path, such as 42 or my-group/my-{self.what}"

    def parse(self, text: str) -> str:
        """The number or path as it is."""
        if len(text) > _LONGEST_PATH or not _PATH.fullmatch(text):
            raise ValueError(text)
        if _TOKEN.match(text):
            raise ValueError  # a token in the wrong place would go on into logs and metrics
        if text.isdigit() and not 0 < int(text[:19]) < 2**63:
            raise ValueError(text)
        return text

    def nearest(self, text: str) -> str | None:
        """The path within a URL or between slashes."""
        path = re.sub(r"^https?://[^/]+", "", text).strip("/ ")
        return path if _PATH.fullmatch(path) and path != text and len(path) <= _SHOWN else None


@dataclass(frozen=True, slots=True)
class Words:
    """Comma-separated words; none at all is allowed too."""

    allowed: str = "comma-separated tags of printable characters, such as docker,linux"

    def parse(self, text: str) -> frozenset[str]:
        """The words without blanks around them."""
        words = environment.words(text)
        if not all(word.isprintable() for word in words):
            raise ValueError(text)
        return frozenset(words)

    def nearest(self, text: str) -> str | None:
        """The same words without what cannot be printed."""
        cleaned = (",".join(environment.words("".join(c if c.isprintable() else "," for c in text))))[:_SHOWN]
        return cleaned or None


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a configuration."""

    allowed: str = "a name of up to 63 letters, digits, dots, dashes and underscores"

    def parse(self, text: str) -> str:
        """The name as it is."""
        if not _NAME.fullmatch(text):
            raise ValueError(text)
        return text

    def nearest(self, text: str) -> str | None:
        """The same name with a dash for what is not allowed in it."""
        name = _UNNAMED.sub("-", text[:_SHOWN]).strip("._-")
        return name if _NAME.fullmatch(name) and not _TOKEN.search(text) else None


@dataclass(frozen=True, slots=True)
class File:
    """The absolute path of a file in a folder, which is `folder` unless an operator chose another."""

    folder: str
    allowed: str = "the absolute path of a file in the scaler's CA folder"

    def parse(self, text: str) -> str:
        """The path in its shortest spelling, so that one file is not many."""
        if len(text) > _LONGEST_FILE or not _FILE.fullmatch(text):
            raise ValueError(text)
        return "/" + posixpath.normpath(text).lstrip("/")

    def nearest(self, text: str) -> str | None:
        """A file of that name in the folder, with a dash for what is not allowed in it."""
        name = _UNNAMED.sub("-", posixpath.basename(text[:_LONGEST_FILE].strip(" /")))
        return f"{self.folder}/{name}" if name.strip("._-") else None


def closest(text: str, words: Iterable[str]) -> str | None:
    """The one of `words` that is written most like `text`, whatever the case; None if none comes near."""
    by_lower = {word.lower(): word for word in words}
    found = difflib.get_close_matches(text[:_SHOWN].lower(), by_lower, n=1, cutoff=0.5)
    return by_lower[found[0]] if found else None


def shown(text: str) -> str:
    """`text` as an error may show it: quoted, ASCII, cut, without a URL's secrets and GitLab's tokens."""
    safe = _TOKEN.sub("<token>", environment.masked(text))
    cut = safe if len(safe) <= _SHOWN else safe[:_SHOWN] + "…"
    return ascii(cut).replace("\\u2026", "...")
