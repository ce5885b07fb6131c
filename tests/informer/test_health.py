"""Health and metrics, over HTTP."""

import httpx
import pytest

from informer.health import serve
from informer.metrics import Metrics
from tests.support.ports import free_port


@pytest.mark.parametrize(
    ("path", "problems", "status", "body"),
    [
        ("/health/liveness", ["the sink is 70 s behind"], 200, "alive\n"),
        ("/health/readiness", [], 200, "ready\n"),
        ("/health/readiness", ["the sink is 70 s behind", "and more"], 503, "the sink is 70 s behind\nand more\n"),
        ("/", [], 404, "there is /health/liveness, /health/readiness and /metrics\n"),
    ],
)
def test_what_is_answered(path: str, problems: list[str], status: int, body: str) -> None:
    """Readiness says what is wrong; liveness does not change with it."""
    port = free_port()
    server = serve(port, Metrics().registry, lambda: problems)
    answer = httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False)
    server.shutdown()
    server.server_close()

    assert (answer.status_code, answer.text) == (status, body)


def test_metrics_are_served() -> None:
    """In Prometheus' format."""
    metrics = Metrics()
    metrics.leader.set(1)
    port = free_port()
    server = serve(port, metrics.registry, list)
    answer = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False)
    server.shutdown()
    server.server_close()

    assert "hookrunner_informer_leader 1.0\n" in answer.text
