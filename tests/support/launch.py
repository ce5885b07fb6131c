"""Becomes another program that the kernel ends when this one's parent ends, however that ends.

`launch.py PARENT COMMAND ARGUMENT…`: the pid stays the same. It is run as a file, without site-packages.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Ask for SIGKILL at the parent's death, and become the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":  # elsewhere only an orderly end stops the programs
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the kernel was asked
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - a program of the test, no shell


if __name__ == "__main__":
    main()
