"""Structured logs: one JSON object a line, with whatever is told beside the message."""

import json
import logging
from collections.abc import Iterator

import pytest

from function import logs

NAMES = ("function", "informer", "scaler")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Gives the loggers back as they were."""
    loggers = [logging.getLogger(name) for name in NAMES]
    before = [(logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    yield
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        logger.handlers[:] = handlers
        logger.setLevel(level)
        logger.propagate = propagate


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """The decoded lines; the time, whose form is checked, left out."""
    printed = capsys.readouterr()
    assert printed.out == ""
    found = [json.loads(line) for line in printed.err.splitlines()]
    for line in found:
        assert len(line.pop("time")) == len("2026-11-24T08:00:00+0000")
    return found


@pytest.mark.parametrize("name", NAMES)
def test_line(capsys: pytest.CaptureFixture[str], name: str) -> None:
    """A message and its extra fields are one line."""
    logs.configure("INFO")
    logging.getLogger(f"{name}.part").warning("two\nlines of %s", "text", extra={"status": 503})
    assert lines(capsys) == [
        {"level": "WARNING", "logger": f"{name}.part", "message": "two\nlines of text", "status": 503}
    ]


def test_trace(capsys: pytest.CaptureFixture[str]) -> None:
    """A trace is a field of the same line."""
    logs.configure("INFO")
    try:
        int("x")
    except ValueError:
        logging.getLogger("function").exception("failed")
    (line,) = lines(capsys)
    assert str(line.pop("exc_info")).startswith("Traceback (most recent call last):\n")
    assert line == {"level": "ERROR", "logger": "function", "message": "failed"}


def test_level(capsys: pytest.CaptureFixture[str]) -> None:
    """What is below the level is not said; configuring twice says nothing twice."""
    logs.configure("DEBUG")
    logs.configure("INFO")
    logging.getLogger("function").debug("no")
    logging.getLogger("function").info("yes")
    assert lines(capsys) == [{"level": "INFO", "logger": "function", "message": "yes"}]
