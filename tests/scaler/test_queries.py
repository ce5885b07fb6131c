"""A trigger's metadata: every parameter accepted, defaulted, and refused with the nearest right one."""

from dataclasses import replace

import pytest

from function.errors import QueryError
from scaler.parameters import PARAMETERS
from scaler.queries import Query, Source, parse
from scaler.queue import Selection

PROJECT = {"projectId": "42"}
DEFAULT = Query(
    source=Source("https://gitlab.com", "default", "project", "42"),
    selection=Selection(tags=None, run_untagged=True, running=True),
)


def of_source(**changes: object) -> Query:
    """The default query with another source."""
    return replace(DEFAULT, source=replace(DEFAULT.source, **changes))  # type: ignore[arg-type] # a table's values


def of_selection(**changes: object) -> Query:
    """The default query with another selection."""
    return replace(DEFAULT, selection=replace(DEFAULT.selection, **changes))  # type: ignore[arg-type] # a table's values


ACCEPTED = [
    ("gitlabUrl", "https://GitLab.example.com:8443/git/", of_source(gitlab_url="https://gitlab.example.com:8443/git")),
    ("credential", "team-a", of_source(credential="team-a")),
    ("projectId", "a-group/sub.group/my_project", of_source(ref="a-group/sub.group/my_project")),
    ("groupId", "my-group", of_source(level="group", ref="my-group")),
    ("instance", "true", of_source(level="instance", ref="")),
    ("runnerId", "17", replace(of_source(runner_id=17), selection=replace(DEFAULT.selection, runner_id=17))),
    ("includeSubgroups", "false", of_source(level="group", ref="g", include_subgroups=False)),
    ("tags", "docker, linux", of_selection(tags=frozenset({"docker", "linux"}), run_untagged=False)),
    ("tags", "", of_selection(tags=frozenset(), run_untagged=True)),
    ("runUntagged", "false", of_selection(run_untagged=False)),
    ("targetQueueLength", "10", replace(DEFAULT, target=10)),
    ("activationTargetQueueLength", "5", replace(DEFAULT, activation=5)),
    ("count", "pending", replace(of_source(running=False), selection=replace(DEFAULT.selection, running=False))),
    ("minQueuedSeconds", "60", of_selection(min_queued_seconds=60.0)),
    ("maxStaleSeconds", "300", replace(DEFAULT, max_stale=300.0)),
    ("maxPages", "300", of_source(max_pages=300)),
    ("requestTimeout", "1m", of_source(timeout=60.0)),
    ("caFile", "/etc/hookrunner/ca/gitlab.pem", of_source(ca_file="/etc/hookrunner/ca/gitlab.pem")),
    ("caFile", "//etc/./hookrunner/x/../ca//gitlab.pem", of_source(ca_file="/etc/hookrunner/ca/gitlab.pem")),
    ("insecureSkipVerify", "true", of_source(insecure=True)),
]

REFUSED = [
    ("gitlabUrl", "gitlab.example.com/git", "did you mean 'https://gitlab.example.com/git'?"),
    ("gitlabUrl", "https://me@gitlab.example.com", "did you mean 'https://gitlab.example.com'?"),
    ("gitlabUrl", "https://me:secret@gitlab.example.com/?t=secret", "'https://...@gitlab.example.com/?...' is not"),
    ("gitlabUrl", "ftp://gitlab.example.com", "did you mean 'https://gitlab.example.com'?"),
    ("gitlabUrl", "https:" + "f" * 100, "such as https://gitlab.example.com"),
    ("gitlabUrl", "https://[::1", "'https://[::1' is not an http or https URL"),
    ("credential", "team a", "did you mean 'team-a'?"),
    ("credential", "***", "'***' is not a name of up to 63 letters, digits, dots, dashes and underscores"),
    ("credential", "my glpat-0123456789abcdefghij", "'my <token>' is not a name of up to 63 letters"),
    ("projectId", "https://gitlab.com/my/project/", "did you mean 'my/project'?"),
    ("projectId", "glpat-0123456789abcdefghij", "'<token>' is not a project's number"),
    ("projectId", "0", "is not a project's number"),
    ("groupId", "/my-group/", "did you mean 'my-group'?"),
    ("instance", "ture", "did you mean 'true'?"),
    ("runnerId", "runner-17", "did you mean '1'?"),
    ("runnerId", "#17", "did you mean '17'?"),
    ("includeSubgroups", "fasle", "did you mean 'false'?"),
    ("tags", "docker\x07,linux", "did you mean 'docker,linux'?"),
    ("runUntagged", "flase", "did you mean 'false'?"),
    ("targetQueueLength", "0", "did you mean '1'?"),
    ("targetQueueLength", "2.5", "did you mean '2'?"),
    ("activationTargetQueueLength", "-1", "did you mean '0'?"),
    ("count", "pending+runing", "did you mean 'pending+running'?"),
    ("count", "Pending", "did you mean 'pending'?"),
    ("minQueuedSeconds", "60s", "did you mean '60'?"),
    ("maxStaleSeconds", "1", "did you mean '5'?"),
    ("maxPages", "5000", "did you mean '1000'?"),
    ("requestTimeout", "30", "did you mean '30s'?"),
    ("requestTimeout", "5m", "did you mean '60s'?"),
    ("caFile", "gitlab.pem", "did you mean '/etc/hookrunner/ca/gitlab.pem'?"),
    ("caFile", "/etc/hookrunner/ca/my ca.pem", "did you mean '/etc/hookrunner/ca/my-ca.pem'?"),
    ("caFile", " / ", "is not the absolute path of a file in the scaler's CA folder"),
    ("insecureSkipVerify", "treu", "did you mean 'true'?"),
]


def given(name: str, text: str) -> dict[str, str]:
    """Metadata with that parameter, and a scope that goes with it."""
    scope = {"groupId": "g"} if name == "includeSubgroups" else PROJECT
    return {name: text} if name in {"projectId", "groupId", "instance"} else {**scope, name: text}


def test_defaults() -> None:
    """With a scope alone, everything else has its default."""
    assert parse(PROJECT) == DEFAULT


@pytest.mark.parametrize("suffix", ["", "FromEnv"])
@pytest.mark.parametrize(("name", "text", "wanted"), ACCEPTED, ids=[f"{name}={text}" for name, text, _ in ACCEPTED])
def test_accepted(name: str, text: str, wanted: Query, suffix: str) -> None:
    """Each parameter changes what it should, given directly or resolved from the environment."""
    metadata = given(name, text)
    metadata[name + suffix] = metadata.pop(name)
    assert parse(metadata) == wanted


@pytest.mark.parametrize(("name", "text", "hint"), REFUSED, ids=[f"{name}={text!a}" for name, text, _ in REFUSED])
def test_refused(name: str, text: str, hint: str) -> None:
    """A wrong value is named, with what is allowed and the nearest right one."""
    with pytest.raises(QueryError) as caught:
        parse(given(name, text))
    message = str(caught.value)
    assert message.startswith(f"{name}: ")
    assert hint in message
    assert (message.isascii(), message.isprintable(), "secret" in message) == (True, True, False)


def test_every_parameter_is_tried() -> None:
    """No parameter is missing from the tables above; each documented example and default is accepted."""
    names = {parameter.name for parameter in PARAMETERS}
    assert names == {name for name, _, _ in ACCEPTED} == {name for name, _, _ in REFUSED}
    for parameter in PARAMETERS:
        parse(given(parameter.name, parameter.example))
        assert parameter.default is None or parameter.kind.parse(parameter.default) is not None


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        pytest.param({}, "exactly one of projectId, groupId and instance must be given, not none of them", id="none"),
        pytest.param(
            {"projectId": "1", "groupId": "2"},
            "exactly one of projectId, groupId and instance must be given, not projectId and groupId",
            id="two-scopes",
        ),
        pytest.param(
            {"instance": "false"},
            "exactly one of projectId, groupId and instance must be given, not none of them",
            id="instance-false",
        ),
        pytest.param({"projectID": "1"}, "'projectID' is not a parameter: did you mean 'projectId'?", id="case"),
        pytest.param(
            {**PROJECT, "targetPipelineQueueLength": "1"},
            "'targetPipelineQueueLength' is not a parameter: did you mean 'targetQueueLength'?",
            id="other-name",
        ),
        pytest.param(
            {**PROJECT, "tagsFromEnvironment": "x"},
            "'tagsFromEnvironment' is not a parameter: known are " + ", ".join(p.name for p in PARAMETERS),
            id="far-off",
        ),
        pytest.param(
            {**PROJECT, "personalAccessTokenFromEnv": "glpat-0123456789abcdefghij"},
            "'personalAccessTokenFromEnv' is not a parameter: a token lives in the scaler's own configuration; "
            "name it with 'credential'",
            id="token",
        ),
        pytest.param(
            {**PROJECT, "tags": "a", "tagsFromEnv": "b"},
            "tags and tagsFromEnv are both given: keep one of them",
            id="twice",
        ),
        pytest.param(
            {**PROJECT, "runnerId": "1", "tags": "a"},
            "tags and runUntagged are the runner's own where runnerId is given: leave them out",
            id="runner-with-tags",
        ),
        pytest.param(
            {**PROJECT, "includeSubgroups": "false"},
            "includeSubgroups goes with groupId only: leave it out",
            id="subgroups-of-a-project",
        ),
        pytest.param(
            {**PROJECT, "credential": "glpat-0123456789abcdefghij!"},
            "credential: '<token>!' is not a name of up to 63 letters, digits, dots, dashes and underscores",
            id="token-as-credential",
        ),
        pytest.param({**PROJECT, "count": "\u202epending\r\n" + "x" * 100_000}, None, id="hostile-value"),
        pytest.param({**PROJECT, "\u202e\x00" + "y" * 100_000: "1"}, None, id="hostile-key"),
    ],
)
def test_wrong_as_a_whole(metadata: dict[str, str], message: str | None) -> None:
    """What does not fit together, is not known or is hostile: one short printable line, without a token."""
    with pytest.raises(QueryError) as caught:
        parse(metadata)
    text = str(caught.value)
    assert (text.isascii(), text.isprintable(), len(text) < 500) == (True, True, True)
    assert "0123456789abcdefghij" not in text
    assert message is None or text == message


def test_kedas_own_keys() -> None:
    """What KEDA's trigger types read for themselves is forwarded too, and ignored."""
    assert parse({**PROJECT, "scalerAddress": "scaler:9090", "enableTLS": "true", "unsafeSsl": "false"}) == DEFAULT


def test_activation_is_strict() -> None:
    """Active means strictly above the activation target."""
    query = parse({**PROJECT, "activationTargetQueueLength": "5"})
    assert [query.active(value) for value in (0, 5, 6)] == [False, False, True]


def test_names_tell_sources_apart() -> None:
    """A source's name is readable, the same for equal ones, and another for any difference."""
    one, other = parse(PROJECT).source, parse({**PROJECT, "maxPages": "3"}).source
    assert one.name == parse({"projectId": "42", "tags": "a"}).source.name
    assert (one.name.split("#")[0], one.name == other.name) == ("project/42", False)
