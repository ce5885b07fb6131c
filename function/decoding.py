"""What decoding may raise: one list for whoever reads bytes of others."""

import msgspec

UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)
"""What `msgspec.json.decode` raises on what it cannot read: its own errors; text that is no UTF-8 (or has half a
surrogate pair); nesting deeper than the interpreter's limit (msgspec 0.20)."""

_LONGEST = 200


def reason(error: BaseException) -> str:
    """What a decoder says of a body, cut short: the path to a slip that lies deep is as long as the body makes it."""
    text = str(error)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
