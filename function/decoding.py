"""What decoding may raise: one list for whoever reads bytes of others."""

import msgspec

UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)
"""What `msgspec.json.decode` raises on what it cannot read: its own errors; text that is no UTF-8 (or has half a
surrogate pair); nesting deeper than the interpreter's limit (msgspec 0.20)."""
