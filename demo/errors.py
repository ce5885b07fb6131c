"""What can go wrong with the demo itself: a leaf of the tree in function/errors.py."""

from function.errors import HookrunnerError


class DemoError(HookrunnerError):
    """The demo cannot go on; the message says what happened and what to do."""
