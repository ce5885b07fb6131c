"""Hookrunner's functions: mutate, record and hook. `new` is func's contract."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from function.asgi import Function

__all__ = ["new"]


def new() -> "Function":  # pragma: no cover - tests/conformance runs it, in func's environment
    """The function that FUNCTION_TARGET names, for func's runtime."""
    from function.asgi import function_from  # noqa: PLC0415 - the informer and the scaler import this package too

    return function_from(os.environ)
