"""Typed values out of an environ mapping, and the one line that a wrong one gets."""

from collections.abc import Callable

import pytest

from function.environment import boolean, choice, duration, integer, log_level, masked, read, words
from function.errors import SettingError


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        pytest.param(integer(1, 10), "1", 1, id="the least"),
        pytest.param(integer(1, 10), "10", 10, id="the most"),
        pytest.param(integer(-5, 5), "-5", -5, id="negative"),
        pytest.param(duration, "250ms", 0.25, id="milliseconds"),
        pytest.param(duration, "1.5s", 1.5, id="a fraction"),
        pytest.param(duration, "5m", 300.0, id="minutes"),
        pytest.param(duration, "12h", 43_200.0, id="hours"),
        pytest.param(duration, "14d", 1_209_600.0, id="days"),
        pytest.param(boolean, "Yes", True, id="yes"),
        pytest.param(boolean, "0", False, id="0"),
        pytest.param(choice("a", "b"), "b", "b", id="one of the words"),
        pytest.param(words, " a, b ,,c", ("a", "b", "c"), id="a list"),
        pytest.param(words, " , ", (), id="an empty list"),
    ],
)
def test_right(parse: Callable[[str], object], text: str, value: object) -> None:
    """A right text is its value."""
    assert read({"NAME": f"  {text} "}, "NAME", "unused", "anything", parse) == value


@pytest.mark.parametrize("environ", [{}, {"NAME": ""}, {"NAME": "  "}], ids=["unset", "empty", "blank"])
def test_default(environ: dict[str, str]) -> None:
    """A variable that is unset, empty or blank has its default."""
    assert read(environ, "NAME", "7", "a number", integer(1, 10)) == 7


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        pytest.param(integer(1, 10), "0", id="too small"),
        pytest.param(integer(1, 10), "11", id="too great"),
        pytest.param(integer(1, 10), "9" * 10_000, id="absurdly great"),
        pytest.param(integer(1, 10), "1.0", id="a fraction"),
        pytest.param(integer(1, 10), "1_0", id="Python's own spelling"),
        pytest.param(integer(1, 10), "\N{ARABIC-INDIC DIGIT SEVEN}", id="a digit that is not ASCII"),
        pytest.param(duration, "14", id="no unit"),
        pytest.param(duration, "0s", id="nothing"),
        pytest.param(duration, "-1s", id="before now"),
        pytest.param(duration, "1w", id="an unknown unit"),
        pytest.param(duration, "1h30m", id="two units"),
        pytest.param(boolean, "on", id="another word"),
        pytest.param(choice("a", "b"), "A", id="in capitals"),
    ],
)
def test_wrong(parse: Callable[[str], object], text: str) -> None:
    """A wrong text is one line that names the variable, the value and what is allowed."""
    shown = text if len(text) <= 80 else text[:80] + "…"
    with pytest.raises(SettingError) as caught:
        read({"NAME": text}, "NAME", "1", "something else", parse)
    assert str(caught.value) == f"NAME={shown!r} is not valid: it must be something else"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("ftp://me:secret@record/x", "ftp://…@record/x", id="user and password"),
        pytest.param("ftp://secret@record", "ftp://…@record", id="a user alone"),
        pytest.param("me:secret@record", "…@record", id="no scheme"),
        pytest.param("me:se://cret@record", "…@record", id="what looks like one is the password's"),
        pytest.param("http://me:se/c@r?e#t@record:x", "http://…@record:x", id="a password of all that divides a URL"),
        pytest.param("ftp://record/x?token=secret", "ftp://record/x?…", id="a query"),
        pytest.param("ftp://record/x#secret", "ftp://record/x?…", id="a fragment"),
        pytest.param("http://me:secret@?token=secret\nsecret", "http://…@?…", id="nothing but secrets"),
        pytest.param(f"http://{'secret' * 20}@record", "http://…@record", id="longer than what is shown"),
        pytest.param("http://record:port/x", "http://record:port/x", id="no secret"),
        pytest.param("#17", "#17", id="no URL"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_masked(text: str, shown: str) -> None:
    """Of a wrong value that may be a URL, the line that it gets shows no secret."""
    assert masked(text) == shown
    with pytest.raises(SettingError) as caught:
        read({"NAME": text}, "NAME", "", "something else", choice("else"))
    assert str(caught.value) == f"NAME={shown!r} is not valid: it must be something else"


def test_wrong_is_one_line() -> None:
    """A value with line ends in it cannot break the line."""
    with pytest.raises(SettingError) as caught:
        read({"NAME": "a\nb"}, "NAME", "1", "a number", integer(1, 10))
    assert str(caught.value) == "NAME='a\\nb' is not valid: it must be a number"


@pytest.mark.parametrize(
    ("text", "level"), [("", "INFO"), ("debug", "DEBUG"), ("Warning", "WARNING"), ("ERROR", "ERROR")]
)
def test_log_level(text: str, level: str) -> None:
    """A level in any case is `logging`'s."""
    assert log_level({"HOOKRUNNER_LOG_LEVEL": text}) == level
