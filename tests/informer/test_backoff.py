"""Waiting between tries."""

import math
import threading

import pytest

from informer.backoff import Asked, Backoff, retry_after


def test_waits_grow_to_a_limit_and_start_anew_after_a_success() -> None:
    """The whole of each delay, as the jitter picks a part of it."""
    pause = Backoff(threading.Event(), part=lambda: 1.0)

    first = [pause.seconds() for _ in range(9)]
    pause.reset()

    assert first == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]
    assert (pause.failing, pause.seconds(), pause.failing) == (False, 0.1, True)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        pytest.param(None, 0.05, id="nothing asked"),
        pytest.param(0.0, 0.05, id="zero"),
        pytest.param(7.0, 7.05, id="some seconds, and the jitter on top"),
        pytest.param(1e9, 600.05, id="for ever"),
    ],
)
def test_what_the_other_side_asks_is_honoured_within_reason(asked: float | None, seconds: float) -> None:
    """A Retry-After of a day must not stop us for a day."""
    assert Backoff(threading.Event(), part=lambda: 0.5).seconds(asked) == seconds


def test_what_was_asked_holds_for_all_who_share_it() -> None:
    """The longest of it, whoever was told; no more than ten minutes."""
    now = 1000.0
    asked = Asked(lambda: now)
    told, other = (Backoff(threading.Event(), lambda: 0.0, each) for each in (asked, asked))

    left = [asked.left()]
    for pause, seconds in ((told, 30.0), (other, 5.0), (other, None), (told, 1e9)):
        pause.seconds(seconds)
        left.append(asked.left())
    now += 600

    assert (left, asked.left()) == ([0.0, 30.0, 30.0, 30.0, 600.0], 0.0)


def test_a_wait_ends_when_it_is_told_to_stop() -> None:
    """Also one that was asked for."""
    stop = threading.Event()
    stop.set()
    pause = Backoff(stop)

    pause.wait(600)
    pause.keep_away()

    assert pause.stopped()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({"Retry-After": "120"}, 120.0, id="seconds"),
        pytest.param({"Retry-After": " 5 "}, 5.0, id="blanks"),
        pytest.param({"Retry-After": "-5"}, None, id="negative"),
        pytest.param({"Retry-After": "soon"}, None, id="a word"),
        pytest.param({"Retry-After": "1.5"}, None, id="a fraction"),
        pytest.param({"Retry-After": "²"}, None, id="a digit that is none"),
        pytest.param(
            {"Retry-After": "Tue, 24 Nov 2026 08:00:30 GMT", "Date": "Tue, 24 Nov 2026 08:00:00 GMT"},
            30.0,
            id="a date, by the sender's clock",
        ),
        pytest.param(
            {"Retry-After": "Tue, 24 Nov 2026 07:00:00 GMT", "Date": "Tue, 24 Nov 2026 08:00:00 GMT"},
            0.0,
            id="a date that has passed",
        ),
        pytest.param(
            {"Retry-After": "Tue, 24 Nov 2026 08:00:30 +99999999999999", "Date": "Tue, 24 Nov 2026 08:00:00 GMT"},
            None,
            id="a time zone beyond all",
        ),
        pytest.param(
            {"Retry-After": "Tue, 24 Nov 2026 08:00:30 GMT", "Date": "Tue, 24 Nov 2026 08:00:00 +99999999999999"},
            None,
            id="the sender's clock beyond all",
        ),
        pytest.param({"Retry-After": "9" * 400}, math.inf, id="seconds without end"),
        pytest.param({"Retry-After": "Tue, 24 Nov 2026 08:00:30 GMT"}, None, id="a date without the sender's clock"),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    """Whole seconds or an HTTP date; what cannot be read asks for nothing."""
    assert retry_after(headers) == seconds
