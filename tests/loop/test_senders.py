"""Who may record, asked of a real API server: real tokens, real TokenReviews, and the API server away."""

from collections.abc import Callable

import httpx
import pytest

from tests.controlplane.cluster import ControlPlane
from tests.controlplane.namespaces import create_service_account
from tests.controlplane.options import Options
from tests.loop.history import History
from tests.loop.test_record import bound
from tests.support.functions import FunctionProcess, run_function

pytestmark = pytest.mark.controlplane

AUDIENCE = "hookrunner-record"


def post(record: FunctionProcess, token: str | None) -> tuple[int, str]:
    """The status and the text of one delivery with this token."""
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    answer = httpx.post(record.url, json=bound("41", "node-1"), headers={**headers, **STRUCTURED}, trust_env=False)
    return answer.status_code, answer.text.strip()


STRUCTURED = {"content-type": "application/cloudevents+json"}
NO_TOKEN = "record takes events from its informer: send a ServiceAccount token as Bearer"
BAD_TOKEN = "the token does not hold: it must be valid, for the audience hookrunner-record"
OTHER_ACCOUNT = "this ServiceAccount may not record; see HOOKRUNNER_RECORD_SENDERS"


def settings(controlplane: ControlPlane, history: History, namespace: str) -> dict[str, str]:
    """The settings of record: only `informer` of this namespace may record."""
    return {
        "HOOKRUNNER_HISTORY": history.setting,
        "KUBECONFIG": str(controlplane.kubeconfig()),
        "HOOKRUNNER_RECORD_SENDERS": f"{namespace}/informer",
    }


def test_only_the_informers_token_for_record_records(
    controlplane: ControlPlane, history: History, namespace: str
) -> None:
    """A missing token, one for the API server, another account's, and one that nobody signed get 401 or 403."""
    for name in ("informer", "other"):
        create_service_account(controlplane.kube, namespace, name)
    with run_function("functions-framework", "record", settings(controlplane, history, namespace)) as record:
        answers = {
            "none": post(record, None),
            "for the API server": post(record, controlplane.token(namespace, "informer")),
            "another account": post(record, controlplane.token(namespace, "other", AUDIENCE)),
            "made up": post(record, "a.b.c"),
            "before": (0, str(history.data())),
            "right": post(record, controlplane.token(namespace, "informer", AUDIENCE)),
        }

    assert answers == {
        "none": (401, NO_TOKEN),
        "for the API server": (401, BAD_TOKEN),
        "another account": (403, OTHER_ACCOUNT),
        "made up": (401, BAD_TOKEN),
        "before": (0, "{}"),
        "right": (204, ""),
    }
    assert history.data()["41"] == "node-1"


def test_while_tokens_cannot_be_reviewed_nothing_new_is_believed(
    new_controlplane: Callable[[Options], ControlPlane],
) -> None:
    """A token that is not known yet gets 503, so its sender keeps the event until the API server is back."""
    controlplane = new_controlplane(Options())
    history = History(controlplane.kube, "default")
    history.create({})
    create_service_account(controlplane.kube, "default", "informer")
    with run_function("functions-framework", "record", settings(controlplane, history, "default")) as record:
        known, new = (controlplane.token("default", "informer", AUDIENCE) for _ in range(2))
        first = post(record, known)
        controlplane.apiserver.kill()
        unknown, still_known = post(record, new), post(record, known)
        controlplane.apiserver.start()
        after = post(record, new)

    wait = "the API server cannot be asked about this token: send the event again"
    # The known token is believed, and then the write itself finds no API server: that is its 503.
    assert (first[0], unknown, still_known[0], after[0]) == (204, (503, wait), 503, 204)
    assert still_known[1].startswith("the history cannot be written now")
