"""Delivery to a real HTTP sink that misbehaves."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count

import pytest

from informer.backoff import Asked, Backoff
from informer.crew import Crew
from informer.delivery import Batching, Courier, Delivery
from informer.lanes import Outgoing
from informer.metrics import Metrics
from informer.sink import HttpSink
from tests.informer.sink import OK, Answer, Json, Sink
from tests.support.waiting import PATIENCE_SECONDS, wait_until

TYPE = "dev.hookrunner.pod.bound.v1"


class Sender:
    """A Delivery with one thread a lane, and what became of the events that were put into it."""

    def __init__(self, url: str, lanes: int, *, batch: bool = True, **most: int) -> None:
        self.settled: dict[str, bool] = {}
        self.metrics = Metrics()
        self.halt = threading.Event()
        batching, asked = Batching(batch), Asked()
        sink = HttpSink(url)
        # A tenth of the usual delays: the tests wait for them.
        pauses = [Backoff(self.halt, lambda: 0.1, asked) for _ in range(lanes)]
        couriers = [Courier(sink, pause, batching, self.metrics) for pause in pauses]
        self.delivery = Delivery(couriers, Crew(self.halt), **most)

    def put_all(self, *ids: str) -> None:
        """Hands events of one key over."""
        for id_ in ids:
            self.put(id_)

    def put(self, id_: str, key: str = "41") -> None:
        """Hands an event over."""
        body = b'{"id": "%s", "type": "t", "data": {"key": "%s"}}' % (id_.encode(), key.encode())
        self.delivery.put(Outgoing(key, TYPE, id_, body, lambda accepted: self.settled.update({id_: accepted})))

    def count(self, metric: str, **labels: str) -> float | None:
        """The value of a metric."""
        return self.metrics.registry.get_sample_value(metric, labels)


class Hold:
    """Holds the sink's answer back until something has happened."""

    def __init__(self) -> None:
        self._arrived = threading.Event()
        self._released = threading.Event()

    def wait(self) -> None:
        """Waits, in the sink."""
        self._arrived.set()
        self._released.wait(PATIENCE_SECONDS)

    def release_after(self, do: Callable[[], object]) -> None:
        """Waits for a post to arrive, does something, and lets it be answered."""
        assert self._arrived.wait(PATIENCE_SECONDS)
        do()
        self._released.set()


NewSender = Callable[..., Sender]


@pytest.fixture
def new_sender(sink: Sink) -> Iterator[NewSender]:
    """Make deliveries to the sink; their threads end with the test."""
    with ExitStack() as stack:

        def make(lanes: int = 1, *, batch: bool = True, **most: int) -> Sender:
            sender = Sender(sink.url, lanes, batch=batch, **most)
            stack.callback(sender.halt.set)
            stack.callback(sender.delivery.close)
            return sender

        yield make


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


@pytest.mark.parametrize("status", [301, 401, 403, 404, 405, 408, 409, 410, 429, 500, 502, 503, 504])
def test_an_answer_that_blames_the_sink_is_tried_again(status: int, sink: Sink, new_sender: NewSender) -> None:
    """Until it is mended."""
    tries = count()
    sink.answer = lambda _: Answer(status) if next(tries) < 2 else OK
    sender = new_sender()

    sender.put("a")
    sink.wait(1)

    assert [post.answer.status for post in sink.posts] == [status, status, 204]
    assert sender.count("hookrunner_informer_retries_total", status=str(status)) == 2


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_an_answer_that_blames_the_event_leaves_it_out(status: int, sink: Sink, new_sender: NewSender) -> None:
    """It is counted, and what follows goes on."""
    sink.answer = lambda events: Answer(status) if events[0]["id"] == "bad" else OK
    sender = new_sender(batch=False)

    sender.put("bad")
    sender.put("good")
    sink.wait(1)

    assert sender.delivery.drain(PATIENCE_SECONDS)
    assert sender.settled == {"bad": False, "good": True}
    assert [post.events[0]["id"] for post in sink.posts] == ["bad", "good"]
    assert sender.count("hookrunner_informer_events_total", type=TYPE, outcome="refused") == 1


def test_a_bad_event_in_a_batch_is_found(sink: Sink, new_sender: NewSender) -> None:
    """The batch is refused whole, then each goes alone; later ones go in batches again."""
    held = {"0": Hold(), "3": Hold()}

    def answer(events: list[Json]) -> Answer:
        if len(events) == 1 and (hold := held.get(events[0]["id"])):
            hold.wait()
        return Answer(400) if any(event["id"] == "bad" for event in events) else OK

    sink.answer = answer
    sender = new_sender()

    sender.put("0")
    held["0"].release_after(lambda: sender.put_all("1", "bad", "3"))
    held["3"].release_after(lambda: sender.put_all("4", "5"))
    assert sender.delivery.drain(PATIENCE_SECONDS)

    sent = [[event["id"] for event in post.events] for post in sink.posts]
    assert sent == [["0"], ["1", "bad", "3"], ["1"], ["bad"], ["3"], ["4", "5"]]
    assert sender.settled == {"0": True, "1": True, "bad": False, "3": True, "4": True, "5": True}


@pytest.mark.parametrize("status", [400, 415])
def test_a_sink_that_takes_no_batches_gets_none_any_more(status: int, sink: Sink, new_sender: NewSender) -> None:
    """It is known by refusing a batch and accepting each of its events; nothing is lost by that."""
    hold = Hold()

    def answer(events: list[Json]) -> Answer:
        if events[0]["id"] == "0":
            hold.wait()
        return Answer(status) if len(events) > 1 else OK

    sink.answer = answer
    sender = new_sender()

    sender.put("0")
    hold.release_after(lambda: sender.put_all(*map(str, range(1, 20))))
    sink.wait(20)

    assert sink.ids() == [str(number) for number in range(20)]
    assert sum(post.batched for post in sink.posts) == 1


def test_an_answer_that_is_lost_makes_a_duplicate(sink: Sink, new_sender: NewSender) -> None:
    """The same event, with the same id: harmless to whoever merges."""
    tries = count()
    sink.answer = lambda _: Answer(drop=next(tries) == 0)
    sender = new_sender()

    sender.put("a")
    sink.wait(2)

    assert sender.delivery.drain(PATIENCE_SECONDS)
    assert sink.ids() == ["a", "a"]
    assert sender.count("hookrunner_informer_retries_total", status="none") == 1


def test_retry_after_is_honoured(sink: Sink, new_sender: NewSender) -> None:
    """Not a moment earlier."""
    tries = count()
    sink.answer = lambda _: Answer(503, {"Retry-After": "1"}) if next(tries) == 0 else OK

    new_sender().put("a")
    first, second = sink.wait_posts(2)

    assert second.time - first.time >= 1


def test_one_retry_after_holds_all_lanes(sink: Sink, new_sender: NewSender) -> None:
    """Also those that had nothing to post when the sink asked to wait, and those that were set aside."""
    tries = count()
    sink.answer = lambda _: Answer(503, {"Retry-After": "1"}) if next(tries) == 0 else OK
    sender = new_sender(lanes=8)

    sender.put("first")
    [first] = sink.wait_posts(1)
    for number in range(40):
        sender.put(str(number), key=str(number))
    sink.wait(41)

    assert min(post.time for post in sink.posts[1:]) - first.time >= 1


@pytest.mark.parametrize("batch", [pytest.param(True, id="in batches"), pytest.param(False, id="one by one")])
@pytest.mark.parametrize("place", [0, 60, 100])
def test_an_event_that_only_gets_server_errors_holds_up_its_key_alone(
    batch: bool, place: int, sink: Sink, new_sender: NewSender
) -> None:
    """Wherever it is in the batch. What comes behind it in its key waits; once the sink takes it, that follows."""
    hold = Hold()
    held = [hold]

    def answer(events: list[Json]) -> Answer:
        if held:
            held.pop().wait()
        return Answer(500) if any(event["id"] == "poison" for event in events) else OK

    sink.answer = answer
    sender = new_sender(batch=batch)
    others = [f"{number:03}" for number in range(100)]

    def put_all() -> None:
        for id_ in others[:place]:
            sender.put(id_, key=id_)
        sender.put("poison")
        sender.put("after it")
        for id_ in others[place:]:
            sender.put(id_, key=id_)

    sender.put("at first", key="at first")
    hold.release_after(put_all)
    sink.wait(101)
    sender.put("new", key="new")
    sink.wait(102)
    wait_until(lambda: sender.delivery.waiting[0] == 2, "two wait")
    assert sorted(sink.ids()) == sorted([*others, "at first", "new"])

    sink.answer = lambda _: OK
    sink.wait(104)
    assert sink.ids()[-2:] == ["poison", "after it"]
    assert sender.delivery.drain(PATIENCE_SECONDS)


def test_a_sink_with_nothing_but_server_errors_gets_everything_once_it_is_mended(
    sink: Sink, new_sender: NewSender
) -> None:
    """Nothing is lost and the order of each key kept, also of those that were thought to be at fault."""
    sink.answer = lambda _: Answer(500)
    sender = new_sender(lanes=2)
    for number in range(300):
        sender.put(f"{number:03}", key=str(number % 10))
    sink.wait_posts(20)

    sink.answer = lambda _: OK
    sink.wait(300)

    assert sender.delivery.drain(PATIENCE_SECONDS)
    for key in range(10):
        ids = [event["id"] for event in sink.accepted if event["data"]["key"] == str(key)]
        assert ids == [f"{number:03}" for number in range(key, 300, 10)]


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
