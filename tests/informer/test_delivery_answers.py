"""Delivery to a real HTTP sink that misbehaves: what is tried again, left out or set aside after which answer."""

from itertools import count

import pytest

from tests.informer.conftest import NewSender
from tests.informer.deliveries import TYPE, Hold
from tests.informer.sink import OK, Answer, Json, Sink
from tests.support.waiting import PATIENCE_SECONDS, wait_until


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
