"""What is in GitLab's REST lists, by parameters and by who asks."""

import pytest

from tests.gitlab.asking import get, ids
from tests.gitlab.clock import SimulatedClock
from tests.gitlab.gitlab import GitLab
from tests.gitlab.model import Role, Status


@pytest.fixture
def fake() -> GitLab:
    """Make a GitLab with a project in a subgroup."""
    fake = GitLab(SimulatedClock())
    build = fake.instance.add_group("build", fake.instance.add_group("platform"))
    fake.instance.add_project("api", build)
    return fake


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        pytest.param([], [4, 3, 2, 1], id="all"),
        pytest.param([("scope[]", "pending")], [2, 1], id="one"),
        pytest.param([("scope", "pending")], [2, 1], id="one, not as a list"),
        pytest.param([("scope[]", "pending"), ("scope[]", "running")], [3, 2, 1], id="two"),
        pytest.param([("scope[]", "skipped")], [], id="none of that"),
    ],
)
def test_scopes(fake: GitLab, scopes: list[tuple[str, str]], expected: list[int]) -> None:
    """The scopes say which jobs are listed, the newest first."""
    for status in (Status.PENDING, Status.PENDING, Status.RUNNING, Status.SUCCESS):
        fake.instance.add_job(fake.instance.projects[1], status=status)

    assert ids(get(fake, "projects/1/jobs", *scopes)) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({}, [5, 1], id="own, and shared with it"),
        pytest.param({"with_shared": "false"}, [1], id="own"),
        pytest.param({"include_subgroups": "true"}, [5, 3, 2, 1], id="with subgroups"),
        pytest.param({"include_subgroups": "True", "archived": "False"}, [5, 2, 1], id="in a Python client's words"),
        pytest.param({"include_subgroups": "1", "archived": "true"}, [3], id="archived"),
        pytest.param({"include_subgroups": "yes", "order_by": "id", "sort": "asc"}, [1, 2, 3, 5], id="by id"),
        pytest.param({"include_subgroups": "t", "order_by": "name"}, [1, 5, 2, 3], id="by name"),
    ],
)
def test_group_projects(query: dict[str, str], expected: list[int]) -> None:
    """The parameters say which projects of a group are listed, and in which order; strangers' are not among them."""
    fake = GitLab(SimulatedClock())
    platform = fake.instance.add_group("platform")
    build = fake.instance.add_group("build", platform)
    fake.instance.add_project("web", platform)
    fake.instance.add_project("b", build)
    fake.instance.add_project("a", build, archived=True)
    tools = fake.instance.add_group("tools")
    fake.instance.add_project("lint", tools)
    fake.instance.add_project("fmt", tools, shared_with=[platform])

    assert ids(get(fake, "groups/platform/projects", *query.items())) == expected


def test_a_member_sees_its_own_projects(fake: GitLab) -> None:
    """A group's list leaves out what the caller is no member of."""
    build = fake.instance.groups[2]
    fake.instance.add_project("secret", build)
    user = fake.instance.add_user("ann")
    user.roles.update({"platform/build/api": Role.REPORTER, "platform": Role.GUEST})
    fake.instance.add_token(user, "ann's")
    user.roles["platform/build/secret"] = Role.GUEST

    assert ids(get(fake, "groups/platform/projects", ("include_subgroups", "true"), token="ann's")) == [2, 1]
    assert get(fake, "projects/1/jobs", token="ann's").status == 200
    assert get(fake, "projects/2/jobs", token="ann's").status == 403
