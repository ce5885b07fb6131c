"""Whether a webhook is GitLab's own: its secret token, or its signature (Standard Webhooks).

The secrets lie as files in a folder, as a mounted Secret puts them: `token` and `signing-key`, each with one secret a
line. They are read at each delivery, so a rotation needs no restart; the old and the new may stand side by side. A
signing key that is none stops the start; one that comes later is passed over, and told with the delivery.
"""

import base64
import binascii
import hashlib
import hmac
import logging
from datetime import datetime, timedelta
from pathlib import Path

from function.errors import SettingError, Unauthorized
from function.http import Request

log = logging.getLogger(__name__)

TOLERANCE = timedelta(minutes=5)
"""How old or early a signed delivery may be, as Standard Webhooks advises: an older one is a replay."""

_STAMP_DIGITS = 12
"""Seconds since 1970 with more digits are no time of anybody's; a number without end would cost."""

_KEY_PREFIX = "whsec_"
_FORGED = "this delivery is not genuine: set the webhook's secret token, or signing key, to what Hookrunner was given"


class HookSecrets:
    """The secrets in `folder`.

    Raises:
        SettingError: there is neither a token nor a signing key in it, or a line that is no signing key.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        if not self._lines("token") and not self._lines("signing-key"):
            raise SettingError(
                f"HOOKRUNNER_HOOK_SECRETS{_shown(folder)} is not valid: it must be a folder with a file `token` or "
                "`signing-key` in it, one secret a line"
            )
        if wrong := [number for number, key in self._keys().items() if not key]:
            raise SettingError(
                f"HOOKRUNNER_HOOK_SECRETS={str(folder)!r} is not valid: line {wrong[0]} of its file `signing-key` must "
                "be a key as GitLab shows it: whsec_ and base64"
            )

    def check(self, request: Request, now: datetime) -> None:
        """Returns if one of the secrets proves the delivery genuine at `now`.

        Raises:
            Unauthorized: none does; the message does not tell which part was wrong.
        """
        if not self._has_token(request) and not self._is_signed(request, now):
            raise Unauthorized(_FORGED)

    def _has_token(self, request: Request) -> bool:
        sent = request.header("x-gitlab-token").encode("latin-1")
        # No short cut at the first match: the time taken must not tell which secret was near.
        return sum(hmac.compare_digest(sent, token.encode()) for token in self._lines("token").values()) > 0

    def _is_signed(self, request: Request, now: datetime) -> bool:
        delivery, stamp = request.header("webhook-id"), request.header("webhook-timestamp")
        if not delivery or not _is_recent(stamp, now):
            return False
        signed = b".".join((delivery.encode("latin-1"), stamp.encode("latin-1"), request.body))
        sent = [part.partition(",") for part in request.header("webhook-signature").split()]
        signatures = [text.encode("latin-1") for version, _, text in sent if version == "v1"]
        keys = self._keys()
        for number in (number for number, key in keys.items() if not key):
            log.warning("line %d of the file `signing-key` is no signing key: it is passed over", number)
        wanted = [_sign(key, signed) for key in keys.values() if key]
        return sum(hmac.compare_digest(ours, theirs) for ours in wanted for theirs in signatures) > 0

    def _keys(self) -> dict[int, bytes | None]:
        return {number: _key(line) for number, line in self._lines("signing-key").items()}

    def _lines(self, name: str) -> dict[int, str]:
        """The secrets in a file, by the number of their line."""
        try:
            text = (self._folder / name).read_text()
        except (OSError, UnicodeDecodeError):
            return {}
        return {number: line.strip() for number, line in enumerate(text.splitlines(), 1) if line.strip()}


def _shown(folder: Path) -> str:
    """The folder, if it is one: else somebody may have put a secret itself in its place."""
    return f"={str(folder)!r}" if folder.is_dir() else ""


def _is_recent(stamp: str, now: datetime) -> bool:
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > _STAMP_DIGITS:
        return False
    return abs(int(stamp) - now.timestamp()) <= TOLERANCE.total_seconds()


def _key(line: str) -> bytes | None:
    """The key; None, or nothing, for a line that is none."""
    try:
        return base64.b64decode(line.removeprefix(_KEY_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None


def _sign(key: bytes, signed: bytes) -> bytes:
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
