"""Strategies for what nobody should ever write: a ConfigMap's data, a pod's affinity, events that come in any order."""

from datetime import UTC, datetime

import msgspec
from hypothesis import strategies as st

from function.history import Change

FIRST, LAST = 1_795_000_000, 1_795_514_400
"""The times of generated events: some days up to 2026-11-24T10:00:00Z, in seconds since 1970."""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)

_rfc3339 = st.datetimes(timezones=st.just(UTC)).map(lambda time: time.isoformat().replace("+00:00", "Z"))
_near = st.integers(FIRST, LAST).map(lambda time: datetime.fromtimestamp(time, UTC).isoformat())
_extreme = st.sampled_from(["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-11-24T08:00:00", ""])

node_names = st.sampled_from(["node-1", "node-2", "node-3", "node-4", "node-5", "a.b.c"])
hostile_names = st.sampled_from(["", "NODE", "node_1", "-", "a..b", "n" * 254, 'x"}', "node-1\n", "ü", "../x"])
any_names = node_names | hostile_names | st.text(max_size=10)

_times = st.none() | _rfc3339 | _near | _extreme | json_values
warm_texts = st.dictionaries(any_names, _times, max_size=12).map(lambda warm: msgspec.json.encode(warm).decode())


@st.composite
def truncated(draw: st.DrawFn) -> str:
    """The beginning of a text that would have been right."""
    text = draw(warm_texts)
    return text[: draw(st.integers(0, len(text)))]


any_texts = any_names | warm_texts | truncated() | json_values.map(lambda value: msgspec.json.encode(value).decode())
keys = st.sampled_from(["41", "42", "41.7"])


@st.composite
def configmap_data(draw: st.DrawFn) -> dict[str, str]:
    """A ConfigMap's data in which anything may stand for some keys, for the removed nodes, and elsewhere."""
    data = draw(st.dictionaries(st.text(max_size=6), any_texts, max_size=3))
    for key in draw(st.lists(keys, max_size=3, unique=True)):
        data[key] = draw(any_texts)
        data[f"_warm.{key}"] = draw(any_texts)
    if draw(st.booleans()):
        data["_removed"] = draw(any_texts)
    return data


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """What one event adds: mostly a binding, sometimes a removal; times are close, so that they clash."""
    time = draw(st.integers(FIRST, FIRST + 5))
    if draw(st.integers(0, 4)) == 0:
        return Change(removed={draw(node_names): time})
    return Change(bound={draw(keys): {draw(node_names): time}})


_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_SSD = {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}
_terms = st.fixed_dictionaries({"weight": st.integers(1, 100), "preference": st.just(_SSD)})
_node_affinity = st.fixed_dictionaries(
    {},
    optional={
        _PREFERRED: st.lists(_terms, max_size=50) | st.none() | json_values,
        _REQUIRED: st.just({"nodeSelectorTerms": [_SSD]}) | st.none() | json_values,
    },
)
affinities = json_values | st.fixed_dictionaries(
    {}, optional={"nodeAffinity": _node_affinity | st.none() | json_values, "podAntiAffinity": json_values}
)
"""What a review may hold as `spec.affinity`: mostly the right shape, sometimes anything."""
