"""The metrics' text, as Prometheus reads it."""

from prometheus_client.parser import text_string_to_metric_families

from function.metrics import Metrics


def test_text(metrics: Metrics) -> None:
    """What was counted can be read back, and no sample tells when it was created."""
    metrics.reviews.labels("patched").inc()
    metrics.review_seconds.observe(0.00003)
    metrics.mirror_connected.set(1)
    families = {family.name: family for family in text_string_to_metric_families(metrics.text().decode())}
    (review,) = families["hookrunner_reviews"].samples
    assert (review.name, review.labels, review.value) == ("hookrunner_reviews_total", {"reason": "patched"}, 1)
    buckets = [sample.value for sample in families["hookrunner_review_duration_seconds"].samples[:3]]
    assert buckets == [0, 1, 1]
    assert [sample.value for sample in families["hookrunner_mirror_connected"].samples] == [1]
    assert not [name for name in families if name.endswith("_created")]
