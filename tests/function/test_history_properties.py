"""What holds of the history whatever happens: hostile texts, and events in any order, repetition and split."""

from hypothesis import given
from hypothesis import strategies as st

from function.errors import StoreRefused
from function.history import Change, combine, everything, keys_in, merge, read_entry, read_removed, size_of
from function.keys import is_node_name
from tests.support.hostile import changes, configmap_data

MANY = 1_000_000


def applied(data: dict[str, str], updates: dict[str, str | None]) -> dict[str, str]:
    """The data after a write, as the API server applies a merge patch."""
    return {name: text for name, text in {**data, **updates}.items() if text is not None}


def written(groups: list[list[Change]], max_nodes: int) -> dict[str, str]:
    """The data after one write for each group."""
    data: dict[str, str] = {}
    for group in groups:
        data = applied(data, merge(data, combine(group), max_nodes, MANY))
    return data


@given(st.data(), st.lists(changes(), min_size=1, max_size=12), st.integers(1, 4))
def test_order_repetition_and_split_do_not_matter(data: st.DataObject, events: list[Change], max_nodes: int) -> None:
    """The same events give the same data, in any order, some of them twice, in any groups."""
    repeated = events + data.draw(st.lists(st.sampled_from(events), max_size=4))
    shuffled = data.draw(st.permutations(repeated))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shuffled)), max_size=5)))
    groups = [shuffled[start:end] for start, end in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]
    assert written(groups, max_nodes) == written([events], max_nodes)


@given(st.lists(changes(), min_size=1, max_size=12), st.integers(1, 4))
def test_nothing_is_lost(events: list[Change], max_nodes: int) -> None:
    """Each key has its newest nodes that were not removed since, by the rule written out."""
    data = written([events], max_nodes)
    whole = combine(events)
    for key, warm in whole.bound.items():
        newest = sorted(warm.items(), key=lambda item: (item[1], item[0]), reverse=True)[:max_nodes]
        alive = tuple((node, time) for node, time in newest if time > whole.removed.get(node, 0))
        assert read_entry(data, key, read_removed(data)[0]).warm == alive
        assert data.get(key) == (alive[0][0] if alive else None)


@given(configmap_data(), st.lists(changes(), max_size=4).map(combine), st.integers(1, 4), st.integers(0, 600))
def test_hostile_data(data: dict[str, str], change: Change, max_nodes: int, max_bytes: int) -> None:
    """Whatever stands in the ConfigMap, a change is merged, and keys leave until all of it fits; else it is refused."""
    try:
        after = applied(data, merge(data, change, max_nodes, max_bytes))
    except StoreRefused:
        return
    assert size_of(after) <= max_bytes


@given(st.lists(changes(), max_size=12).map(combine), changes())
def test_all_that_is_known_can_be_merged_again(known: Change, new: Change) -> None:
    """Everything that one history holds, merged into another, gives what both of them would have become in one."""
    data = {name: text for name, text in merge({}, known, MANY, MANY).items() if text is not None}
    other = {name: text for name, text in merge({}, new, MANY, MANY).items() if text is not None}
    assert applied(other, merge(other, everything(data), MANY, MANY)) == applied(data, merge(data, new, MANY, MANY))


@given(configmap_data(), st.lists(changes(), min_size=1, max_size=4).map(combine))
def test_a_change_is_there_after_its_write(data: dict[str, str], change: Change) -> None:
    """Whatever stood in the ConfigMap, merging the same change into the result changes nothing."""
    after = applied(data, merge(data, change, 4, MANY))
    assert merge(after, change, 4, MANY) == {}


@given(configmap_data())
def test_reading_hostile_data(data: dict[str, str]) -> None:
    """Whatever stands in the ConfigMap, what is read of it can name nodes."""
    removed, _ = read_removed(data)
    for key in keys_in(data):
        assert all(is_node_name(node) for node, _ in read_entry(data, key, removed).warm)
