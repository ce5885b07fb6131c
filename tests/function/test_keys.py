"""Which labels make a key, and what can name a node."""

import pytest

from function.keys import is_key, is_node_name, key_of

RUNNER = "gitlab.com/runner-id"
PROJECT = "project.runner.gitlab.com/id"


@pytest.mark.parametrize(
    ("labels", "key_labels", "key"),
    [
        pytest.param({RUNNER: "17"}, [RUNNER], "17", id="the runner's id"),
        pytest.param({RUNNER: "Gr_n-1"}, [RUNNER], "Gr_n-1", id="free text"),
        pytest.param({RUNNER: "a" * 63}, [RUNNER], "a" * 63, id="as long as a label may be"),
        pytest.param({RUNNER: "17", PROJECT: "4"}, [RUNNER, PROJECT], "17.4", id="runner and project"),
        pytest.param({RUNNER: "17", PROJECT: "4"}, [PROJECT, RUNNER], "4.17", id="in the setting's order"),
        pytest.param({}, [RUNNER], None, id="no label"),
        pytest.param({RUNNER: ""}, [RUNNER], None, id="an empty label: the variable was not sent"),
        pytest.param({RUNNER: "17", PROJECT: ""}, [RUNNER, PROJECT], None, id="one of two is empty"),
        pytest.param({RUNNER: "17"}, [RUNNER, PROJECT], None, id="one of two is missing"),
        pytest.param({RUNNER: "1.2"}, [RUNNER], None, id="a dot of its own"),
        pytest.param({RUNNER: "_17"}, [RUNNER], None, id="no label's value: begins with _"),
        pytest.param({RUNNER: "17-"}, [RUNNER], None, id="no label's value: ends with -"),
        pytest.param({RUNNER: "a" * 64}, [RUNNER], None, id="too long"),
        pytest.param(
            {str(n): "a" * 61 for n in range(4)}, ["0", "1", "2", "3"], ".".join(["a" * 61] * 4), id="247 characters"
        ),
        pytest.param(
            {str(n): "a" * 62 for n in range(4)}, ["0", "1", "2", "3"], None, id="too long for a ConfigMap's name"
        ),
        pytest.param({RUNNER: "17\n"}, [RUNNER], None, id="a line's end"),
        pytest.param({RUNNER: "\N{ARABIC-INDIC DIGIT SEVEN}"}, [RUNNER], None, id="digits that are not ASCII"),
    ],
)
def test_key_of(labels: dict[str, str], key_labels: list[str], key: str | None) -> None:
    """The key is the labels' values joined with dots, or there is none."""
    assert key_of(labels, key_labels) == key


@pytest.mark.parametrize(
    ("text", "whether"),
    [
        pytest.param("17", True, id="one part"),
        pytest.param("17.4", True, id="two parts"),
        pytest.param("", False, id="empty"),
        pytest.param(".17", False, id="an empty part"),
        pytest.param("_warm.17", False, id="the history's own names"),
        pytest.param("_removed", False, id="the list of removed nodes"),
        pytest.param("17/4", False, id="a slash"),
        pytest.param(".".join(["a" * 61] * 4), True, id="as long as it may be"),
        pytest.param(".".join(["a"] * 125), False, id="too long"),
    ],
)
def test_is_key(text: str, *, whether: bool) -> None:
    """Only what `key_of` could have made is a key."""
    assert is_key(text) is whether


@pytest.mark.parametrize(
    ("text", "whether"),
    [
        pytest.param("node-3", True, id="plain"),
        pytest.param("ip-10-0-0-1.eu-central-1.compute.internal", True, id="dotted"),
        pytest.param("a" * 253, True, id="as long as a name may be"),
        pytest.param("1", True, id="a digit"),
        pytest.param("", False, id="empty"),
        pytest.param("a" * 254, False, id="too long"),
        pytest.param("Node-3", False, id="a capital"),
        pytest.param("node_3", False, id="an underscore"),
        pytest.param("-node", False, id="begins with -"),
        pytest.param("node-", False, id="ends with -"),
        pytest.param("node..3", False, id="an empty part"),
        pytest.param("node-3\n", False, id="a line's end"),
        pytest.param("nöde", False, id="a letter that is not ASCII"),
        pytest.param("node-3, node-4", False, id="two at once"),
    ],
)
def test_is_node_name(text: str, *, whether: bool) -> None:
    """Only a DNS-1123 subdomain can name a node."""
    assert is_node_name(text) is whether
