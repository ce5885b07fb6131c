"""What can go wrong with the control plane itself, apart from what a test wants to see.

ControlPlaneError
├── BuildError    a program could not be built or is not there
├── StartError    a program did not become ready
└── ApiError      the API server refused a request of the test; carries the status
"""


class ControlPlaneError(Exception):
    """The root of the tree."""


class BuildError(ControlPlaneError):
    """A program could not be built, or is not there; the message ends with what to do."""


class StartError(ControlPlaneError):
    """A program ended or did not become ready in time; the message ends with its last lines."""


class ApiError(ControlPlaneError):
    """The API server answered with `status` (HTTP) and `reason`, such as 404 and NotFound."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
