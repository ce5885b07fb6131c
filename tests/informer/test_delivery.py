"""Delivery to a real HTTP sink: what goes out together, in which order, and what waits."""

import threading
from itertools import count

import pytest

from informer.crew import Crew
from tests.informer.conftest import NewSender
from tests.informer.deliveries import TYPE, Hold
from tests.informer.sink import OK, Answer, Json, Sink
from tests.support.waiting import PATIENCE_SECONDS, wait_until


def test_one_event_goes_out_at_once_in_structured_mode(sink: Sink, new_sender: NewSender) -> None:
    """Nothing waits for company."""
    sender = new_sender()

    sender.put("a")
    [post] = sink.wait_posts(1)

    assert (post.events, post.headers["content-type"]) == (
        [{"id": "a", "type": "t", "data": {"key": "41"}}],
        "application/cloudevents+json",
    )
    assert sender.delivery.drain(PATIENCE_SECONDS)
    assert sender.settled == {"a": True}
    assert sender.count("hookrunner_informer_events_total", type=TYPE, outcome="accepted") == 1


def test_what_gathers_behind_a_slow_post_goes_out_together_in_order(sink: Sink, new_sender: NewSender) -> None:
    """The first goes alone; the others leave as one batch."""
    hold = Hold()

    def answer(events: list[Json]) -> Answer:
        if events[0]["id"] == "0":
            hold.wait()
        return OK

    sink.answer = answer
    sender = new_sender()

    sender.put("0")
    hold.release_after(lambda: sender.put_all(*map(str, range(1, 50))))
    sink.wait(50)

    assert sink.ids() == [str(number) for number in range(50)]
    assert [(post.batched, len(post.events)) for post in sink.posts] == [(False, 1), (True, 49)]


def test_each_key_keeps_its_order_over_many_lanes(sink: Sink, new_sender: NewSender) -> None:
    """Even if a third of all posts fail at first."""
    tries = count()
    sink.answer = lambda _: Answer(503) if next(tries) % 3 == 0 else OK
    sender = new_sender(lanes=8)

    for number in range(200):
        sender.put(f"{number:03}", key=str(number % 10))
    sink.wait(200)

    for key in range(10):
        ids = [event["id"] for event in sink.accepted if event["data"]["key"] == str(key)]
        assert ids == [f"{number:03}" for number in range(key, 200, 10)]


def test_a_sink_that_was_down_gets_everything_when_it_is_back(sink: Sink, new_sender: NewSender) -> None:
    """And who asks sees for how long it was behind."""
    sink.down()
    sender = new_sender(lanes=4)
    for number in range(100):
        sender.put(f"{number:02}", key=str(number % 10))
    wait_until(lambda: sender.delivery.behind() > 0.3, "something is behind")
    waiting = sender.delivery.waiting

    sink.up()
    sink.wait(100)

    assert sender.delivery.drain(PATIENCE_SECONDS)
    assert sorted(sink.ids()) == [f"{number:02}" for number in range(100)]
    assert waiting[0] == 100
    assert (sender.delivery.waiting, sender.delivery.behind()) == ((0, 0), 0.0)


@pytest.mark.parametrize(
    "most",
    [
        pytest.param({"max_events": 10}, id="of events"),
        # An event with a number of two digits has 48 bytes: the tenth reaches the limit.
        pytest.param({"max_bytes": 10 * 48 - 1}, id="of bytes"),
    ],
)
def test_who_puts_too_much_is_held_up(most: dict[str, int], sink: Sink, new_sender: NewSender) -> None:
    """The bound on memory: the eleventh event has to wait for the first to leave."""
    gate = threading.Event()
    sink.answer = lambda _: OK if gate.wait(PATIENCE_SECONDS) else Answer(503)
    sender = new_sender(batch=False, **most)
    put: list[int] = []

    def put_all() -> None:
        for number in range(15):
            sender.put(f"{number:02}")
            put.append(number)

    threading.Thread(target=put_all, daemon=True).start()
    wait_until(lambda: len(put) == 10, "ten are put")
    assert sender.delivery.waiting == (10, 480)
    gate.set()
    sink.wait(15)

    assert sink.ids() == [f"{number:02}" for number in range(15)]


def test_what_is_not_settled_when_told_to_stop_is_not_passed_over(sink: Sink, new_sender: NewSender) -> None:
    """It stays in its lane, undelivered: nobody must take it for done."""
    sink.answer = lambda _: Answer(503)
    sender = new_sender()
    sender.put("0")
    sink.wait_posts(1)
    sender.put_all("1", "2")

    sender.halt.set()

    assert not sender.delivery.drain(0.5)
    assert (sender.delivery.waiting[0], sender.settled) == (3, {})


def test_a_thread_that_fails_ends_the_process() -> None:
    """Better started anew than one lane short."""
    stop = threading.Event()
    crew = Crew(stop)

    crew.start("broken", [].pop)

    assert stop.wait(PATIENCE_SECONDS)
    assert crew.failed
