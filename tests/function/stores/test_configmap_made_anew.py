"""The writer of the ConfigMap where somebody deletes it, edits it or makes it anew."""

from collections.abc import Callable

import pytest

from function.errors import ApiDenied, ApiNotFound, StoreRefused
from function.history import Change
from function.metrics import Metrics
from function.stores.configmap import ConfigMapWriter
from tests.function.stores.configmaps import EIGHT, FIRST, WARM, bound, writer
from tests.support.fakeapi import FakeApi


def test_taken_away(metrics: Metrics) -> None:
    """What a person took away since is written again when it is told again."""
    api = FakeApi({})
    store = writer(api, metrics)
    store.write(bound())
    api.delete()
    api.edit()
    store.write(bound())
    assert api.data == FIRST


def test_deleted_in_between(metrics: Metrics, caplog: pytest.LogCaptureFixture) -> None:
    """A ConfigMap that was deleted is made anew, with all that the writer knew."""
    api = FakeApi({})
    store = writer(api, metrics)
    store.write(bound())
    api.delete()
    store.write(bound(key="18"))
    assert api.data == {**FIRST, "18": "node-3", "_warm.18": WARM}
    assert [record.getMessage() for record in caplog.records] == ["the ConfigMap ci/history is not there: making it"]


def made_anew_while_nobody_writes(api: FakeApi, store: ConfigMapWriter) -> None:  # noqa: ARG001 - as the others
    """Deleted, and there again, empty, before the next write."""
    api.delete()
    api.edit()


def made_anew_after_a_refusal(api: FakeApi, store: ConfigMapWriter) -> None:
    """Deleted; record may not make it, and a person does."""
    api.delete()
    api.failures = [None, None, ApiDenied("POST: 403", 403)]
    with pytest.raises(StoreRefused):
        store.write(bound(key="18"))
    api.edit()


def made_anew_at_the_same_time(api: FakeApi, store: ConfigMapWriter) -> None:  # noqa: ARG001 - as the others
    """Deleted; as record is about to make it, somebody else is faster."""
    api.delete()
    api.edit()
    api.failures = [ApiNotFound("PATCH: 404", 404), ApiNotFound("GET: 404", 404)]


@pytest.mark.parametrize(
    "made_anew",
    [made_anew_while_nobody_writes, made_anew_after_a_refusal, made_anew_at_the_same_time],
    ids=["while nobody writes", "after a refusal", "at the same time"],
)
def test_made_anew_by_somebody_else(metrics: Metrics, made_anew: Callable[[FakeApi, ConfigMapWriter], None]) -> None:
    """What is known is merged into a ConfigMap that somebody made in the place of the one that is gone.

    So are a bare entry of a person's and a removal; notes that are no history are not put back.
    """
    api = FakeApi({"16": "node-9", "note": "by hand"})
    store = writer(api, metrics)
    store.write(bound())
    store.write(Change(removed={"node-8": EIGHT}))
    made_anew(api, store)
    api.edit(**{"19": "node-4"})
    store.write(bound(key="18"))
    known = {"16": "node-9", "_warm.16": '{"node-9":null}', **FIRST, "_removed": WARM.replace("node-3", "node-8")}
    assert api.data == {**known, "18": "node-3", "_warm.18": WARM, "19": "node-4"}


def test_deleted_and_nothing_new(metrics: Metrics) -> None:
    """A binding that is told again, as the first after the ConfigMap went, brings everything back too."""
    api = FakeApi({})
    store = writer(api, metrics)
    for key in ("17", "18"):
        store.write(bound(key=key))
    before = api.data
    api.delete()
    store.write(bound())
    assert api.data == before


def test_two_make_it_at_once(metrics: Metrics) -> None:
    """Whoever is too late to make it adds to it."""
    api = FakeApi({"18": "node-4"})
    api.failures = [ApiNotFound("GET: 404", 404)]
    writer(api, metrics).write(bound())
    assert api.data == {**FIRST, "18": "node-4"}
    assert api.methods == ["GET", "POST", "GET", "PATCH"]
