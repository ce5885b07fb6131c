"""Reads typed values out of an environ mapping; an error names the variable, the value and what is allowed.

Shared by the settings of the functions, the informer and the scaler. `os.environ` itself is read in entry
points only, and passed in.
"""

import re
import ssl
from collections.abc import Callable, Mapping
from typing import TypeVar

from function.errors import SettingError

T = TypeVar("T")
Environ = Mapping[str, str]

_DURATION_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_SHOWN = 80
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_QUERY = re.compile(r"(?<=.)[?#].+", re.DOTALL)


def read(environ: Environ, name: str, default: str, allowed: str, parse: Callable[[str], T]) -> T:
    """`parse` of variable `name`, or of `default` if it is unset or empty.

    Raises:
        SettingError: `parse` raised ValueError; the message quotes the value, masked, and says what is `allowed`.

    """
    text = environ.get(name, "").strip() or default
    try:
        return parse(text)
    except ValueError:
        safe = masked(text)
        shown = safe if len(safe) <= _SHOWN else safe[:_SHOWN] + "…"
        raise SettingError(f"{name}={shown!r} is not valid: it must be {allowed}") from None


def masked(text: str) -> str:
    """`text` as a message may show it: of a URL, right or wrong, no user, password, query and fragment."""
    before, at, place = text.rpartition("@")
    scheme = _SCHEME.match(before)
    user = f"{scheme[0] if scheme else ''}…@" if at else ""
    return _QUERY.sub("?…", user + place)


def integer(minimum: int, maximum: int) -> Callable[[str], int]:
    """A parser of a decimal whole number within the bounds, both included."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"-?\d{1,18}", text, re.ASCII):
            raise ValueError(text)
        value = int(text)
        if not minimum <= value <= maximum:
            raise ValueError(text)
        return value

    return parse


def duration(text: str) -> float:
    """Seconds of a positive duration such as 250ms, 30s, 5m, 12h or 14d.

    Raises:
        ValueError: it is no such duration, or zero.

    """
    match = _DURATION.fullmatch(text)
    if match is None or float(match[1]) == 0:
        raise ValueError(text)
    return float(match[1]) * _DURATION_UNITS[match[2]]


def boolean(text: str) -> bool:
    """The truth of true, false, yes, no, 1 or 0, in any case.

    Raises:
        ValueError: it is another word.

    """
    try:
        return _TRUTHS[text.lower()]
    except KeyError:
        raise ValueError(text) from None


def choice(*words: str) -> Callable[[str], str]:
    """A parser that takes one of `words`, exactly so written."""

    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return parse


def words(text: str) -> tuple[str, ...]:
    """The comma-separated words of `text`, without blanks around them and without empty ones."""
    return tuple(word for part in text.split(",") if (word := part.strip()))


def log_level(environ: Environ) -> str:
    """HOOKRUNNER_LOG_LEVEL, in any case; in capitals as `logging` has it.

    Raises:
        SettingError: it is none of the four.

    """
    levels = ("debug", "info", "warning", "error")
    return read(environ, "HOOKRUNNER_LOG_LEVEL", "info", f"one of {', '.join(levels)}", _in_any_case(*levels)).upper()


def _in_any_case(*words: str) -> Callable[[str], str]:
    parse = choice(*words)
    return lambda text: parse(text.lower())


def certificates(environ: Environ, name: str) -> str:
    """The PEM certificates in variable `name`; the empty string if it is unset.

    Raises:
        SettingError: it holds something else, or half of one.

    """
    text = environ.get(name, "").strip()
    try:
        if text:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ssl.SSLError, TypeError):  # TypeError: it is not ASCII
        # It is not shown: somebody may have put a private key in its place.
        raise SettingError(f"{name} is not valid: it must be certificates as PEM, whole ones") from None
    return text
