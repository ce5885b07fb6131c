"""Free ports on loopback."""

import random
import socket

# Below the range that Linux hands out for outgoing connections (from 32768): nobody takes the port by chance
# while its program is down for a restart.
_RANGE = range(20000, 32000)
_TRIES = 100
_given: set[int] = set()
"""What was handed out already: its program may not listen yet, or be down for a restart."""


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    for port in random.sample(sorted(set(_RANGE) - _given), _TRIES):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
    raise OSError(f"No free port among {_TRIES} tried of 127.0.0.1:{_RANGE.start}-{_RANGE.stop - 1}")
