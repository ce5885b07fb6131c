"""What a post looks like, and what its answer means."""

from pathlib import Path

import pytest

from function.errors import SinkRefused, SinkUnavailable
from informer.sink import HttpSink
from tests.informer.sink import Answer, Sink


def test_a_batch_is_a_json_array(sink: Sink) -> None:
    """In batched mode of CloudEvents."""
    HttpSink(sink.url).post([b'{"id": "a"}', b'{"id": "b"}'])

    [post] = sink.posts
    assert (post.events, post.headers["content-type"], post.headers["user-agent"]) == (
        [{"id": "a"}, {"id": "b"}],
        "application/cloudevents-batch+json",
        "hookrunner",
    )


def test_the_token_is_read_anew_for_each_post(sink: Sink, tmp_path: Path) -> None:
    """The kubelet replaces a projected token in place, long before it expires."""
    token = tmp_path / "token"
    token.write_text("first\n")
    http = HttpSink(sink.url, token)

    http.post([b"{}"])
    token.write_text("second\n")
    http.post([b"{}"])

    assert [post.headers["authorization"] for post in sink.posts] == ["Bearer first", "Bearer second"]


def test_a_token_that_is_not_there_yet_is_waited_for(sink: Sink, tmp_path: Path) -> None:
    """It is the set-up's fault, not the event's."""
    with pytest.raises(SinkUnavailable, match=r"cannot read the file with the sink's token \(No such file"):
        HttpSink(sink.url, tmp_path / "missing").post([b"{}"])


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"s3cret\nsecond", id="two lines"),
        pytest.param(b"s3cret\r\nX-Other: header", id="another header"),
        pytest.param(b"s3cret second", id="a blank inside"),
        pytest.param("s3cr\u00e9t".encode(), id="a letter beyond ASCII"),
        pytest.param(b"\xff\xfes\x003\x00", id="not UTF-8"),
    ],
)
def test_a_file_that_holds_no_token_is_waited_for(content: bytes, sink: Sink, tmp_path: Path) -> None:
    """Nothing is posted, and nothing of it gets into a message, not even by way of another error's."""
    (tmp_path / "token").write_bytes(content)

    with pytest.raises(SinkUnavailable) as caught:
        HttpSink(sink.url, tmp_path / "token").post([b"{}"])

    assert str(caught.value) == "the file with the sink's token must hold one line of visible ASCII characters"
    assert (caught.value.__cause__, caught.value.__context__, sink.posts) == (None, None, [])


@pytest.mark.parametrize(
    ("answer", "error", "seconds"),
    [
        pytest.param(Answer(429, {"Retry-After": "7"}), SinkUnavailable, 7.0, id="429 that asks"),
        pytest.param(Answer(503, {"Retry-After": "7"}), SinkUnavailable, 7.0, id="503 that asks"),
        pytest.param(Answer(500, {"Retry-After": "7"}), SinkUnavailable, None, id="500 may not ask"),
        pytest.param(Answer(404), SinkUnavailable, None, id="404"),
        pytest.param(Answer(302, {"Location": "http://127.0.0.1:1/"}), SinkUnavailable, None, id="a redirect"),
        pytest.param(Answer(drop=True), SinkUnavailable, None, id="no answer"),
        pytest.param(Answer(400), SinkRefused, None, id="400"),
    ],
)
def test_what_an_answer_means(
    answer: Answer, error: type[SinkUnavailable] | type[SinkRefused], seconds: float | None, sink: Sink
) -> None:
    """For now, or for good; and how long to wait."""
    sink.answer = lambda _: answer

    with pytest.raises(error) as caught:
        HttpSink(sink.url).post([b"{}"])

    assert caught.value.retry_after == seconds


def test_a_sink_that_is_not_there(sink: Sink) -> None:
    """The message names the sink, and nothing of the event."""
    sink.down()

    with pytest.raises(SinkUnavailable, match=f"no answer from {sink.url}"):
        HttpSink(sink.url).post([b'{"id": "secret"}'])


def test_a_name_and_password_stay_out_of_messages(sink: Sink) -> None:
    """Messages go to the log."""
    sink.down()
    url = sink.url.replace("http://", "http://me:secret@") + "?token=secret"

    with pytest.raises(SinkUnavailable) as caught:
        HttpSink(url).post([b"{}"])

    masked = sink.url.replace("http://", "http://…@") + "?…"
    assert str(caught.value) == f"no answer from {masked} (NewConnectionError)"


def test_a_long_answer_is_not_read(sink: Sink) -> None:
    """Only its status counts; the next post goes by a new connection."""
    http = HttpSink(sink.url)
    sink.answer = lambda _: Answer(200, body=bytes(50_000_000))

    http.post([b"{}"])
    http.post([b"{}"])

    assert len(sink.posts) == 2
