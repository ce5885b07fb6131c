"""What becomes of a call: whatever GitLab sends, callers get one of our errors, and no trace."""

import logging
from collections.abc import Callable

import pytest

from function.errors import GitLabUnavailable
from scaler.budget import Budget
from scaler.calls import Calls
from scaler.transport import Question, Reply

ASK = Question("/version", timeout=1.0)
SAID = "glpat-0123 in the text of a library"


class Answering:
    """Carries calls by running `answer`."""

    def __init__(self, answer: Callable[[], Reply]) -> None:
        self._answer = answer

    def call(self, question: Question) -> Reply:
        """One call."""
        assert question == ASK
        return self._answer()

    def close(self) -> None:
        """Holds nothing."""


async def _at_once(_seconds: float) -> None:
    """No pause between two attempts."""


def _broken() -> Reply:
    raise ValueError(SAID)


def _cut(_reply: Reply) -> str:
    raise KeyError("id")


async def _ask(answer: Callable[[], Reply], decode: Callable[[Reply], str]) -> str:
    calls = Calls(Answering(answer), Budget(60_000), lambda _: None, _at_once)
    try:
        return await calls.ask(ASK, decode)
    finally:
        calls.close()


@pytest.mark.parametrize(
    ("answer", "decode", "kind"),
    [
        pytest.param(_broken, lambda _: "", "ValueError", id="while-calling"),
        pytest.param(lambda: Reply(b"", {}), _cut, "KeyError", id="while-reading"),
    ],
)
async def test_surprises(
    caplog: pytest.LogCaptureFixture, answer: Callable[[], Reply], decode: Callable[[Reply], str], kind: str
) -> None:
    """An error that nobody foresaw is one of ours; where it came from is logged once, without its text."""
    with pytest.raises(GitLabUnavailable) as caught:
        await _ask(answer, decode)
    (warning,) = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert str(caught.value) == f"GitLab's answer to GET /version is not what it should be: {kind}"
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)
    assert warning.startswith(f"GET /version: {kind} at\n")
    assert "in call" in warning or "in _cut" in warning
    assert SAID not in caplog.text


async def test_odd_headers() -> None:
    """A number that is none in a good answer's headers changes nothing."""
    odd = Reply(b"", {"RateLimit-Remaining": "²", "RateLimit-Reset": "²"})
    assert await _ask(lambda: odd, lambda _: "read") == "read"
