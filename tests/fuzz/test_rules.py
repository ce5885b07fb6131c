"""What the fuzzer calls broken: planted bugs are found, named by their place, and nothing else is."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from function.environment import integer
from function.http import Request, Response
from tests.fuzz.door import Door, metrics
from tests.fuzz.rules import Alarm, Broken, hold, stray


@pytest.fixture
def alarm() -> Iterator[Alarm]:
    """An alarm on our own logs, beside pytest's."""
    alarm = Alarm()
    logging.getLogger("function").addHandler(alarm)
    yield alarm
    logging.getLogger("function").removeHandler(alarm)


def test_hold() -> None:
    """A promise that is not kept breaks a rule, by its name; one that is kept does nothing."""
    hold(True, "kept")
    with pytest.raises(Broken) as caught:
        hold(False, "not kept")
    assert (caught.value.kind, str(caught.value)) == ("rule", "not kept")


def test_stray() -> None:
    """An exception is named by its type and the last line of ours that it came through."""
    with pytest.raises(ValueError, match="x") as caught:
        integer(1, 2)("x")
    lines = Path(integer.__code__.co_filename).read_text().splitlines()
    kind, place = str(stray(caught.value)).split(" at function/environment.py:")
    assert (kind, lines[int(place) - 1].strip()) == ("ValueError", "raise ValueError(text)")


def test_stray_of_others() -> None:
    """One that never was in our code says so."""
    assert str(stray(ZeroDivisionError())) == "ZeroDivisionError at outside our code"


def _fail(_request: Request) -> Response:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        pytest.param(_fail, "exception", "ZeroDivisionError at function/service.py", id="a bug behind the door"),
        pytest.param(lambda _: Response(503), "5xx", "answered 503", id="an answer that is never given"),
        pytest.param(lambda _: Response(302), "rule", "answered 302", id="an answer that is none of ours"),
        pytest.param(lambda _: Response(400, b"two\nlines\n"), "rule", "more than one line", id="lines of a trace"),
        pytest.param(lambda _: Response(400, b"at a.py, 7\n"), "rule", "a trace in an answer", id="a file's name"),
        pytest.param(lambda _: Response(400, b"x" * 600 + b"\n"), "rule", "no line but a book", id="a long refusal"),
    ],
)
def test_door(alarm: Alarm, answer: Callable[[Request], Response], kind: str, message: str) -> None:
    """A door that answers so is broken."""

    async def handler(request: Request) -> Response:
        return answer(request)

    with pytest.raises(Broken) as caught:
        Door(handler, metrics(), alarm).ask(Request("POST", "/", []))
    assert caught.value.kind == kind
    assert message in str(caught.value)


def test_door_that_works(alarm: Alarm) -> None:
    """The request comes in whole, the answer goes out whole."""

    async def echo(request: Request) -> Response:
        return Response(200, request.body)

    assert Door(echo, metrics(), alarm).ask(Request("POST", "/", [], b"12345")).body == b"12345"
