"""Who sees what."""

import pytest

from tests.gitlab.clock import SimulatedClock
from tests.gitlab.instance import Instance
from tests.gitlab.model import Role, User
from tests.gitlab.roles import maintains, role_in_group, role_in_project

_USER = User(9, "ann")


def _member(path: str, role: Role = Role.REPORTER) -> User:
    return User(9, "ann", roles={path: role})


@pytest.mark.parametrize(
    ("user", "project", "role"),
    [
        pytest.param(_USER, "private", None, id="stranger"),
        pytest.param(_USER, "public", Role.REPORTER, id="stranger, public project"),
        pytest.param(_USER, "internal", Role.REPORTER, id="stranger, internal project"),
        pytest.param(None, "public", Role.REPORTER, id="anonymous, public project"),
        pytest.param(None, "internal", None, id="anonymous, internal project"),
        pytest.param(User(9, "ann", admin=True), "private", Role.MAINTAINER, id="admin"),
        pytest.param(User(9, "ann", auditor=True), "private", Role.REPORTER, id="auditor"),
        pytest.param(_member("platform/build/private"), "private", Role.REPORTER, id="member of the project"),
        pytest.param(_member("platform/build"), "private", Role.REPORTER, id="member of its group"),
        pytest.param(_member("platform", Role.GUEST), "private", Role.GUEST, id="guest of the group above"),
        pytest.param(_member("tools"), "private", Role.REPORTER, id="member of a group it is shared with"),
        pytest.param(_member("platform/other"), "private", None, id="member of a sibling group"),
    ],
)
def test_role_in_project(user: User | None, project: str, role: Role | None) -> None:
    """A role comes from the project, the groups above it and those it is shared with, or from what the user is."""
    instance = Instance(SimulatedClock())
    build = instance.add_group("build", instance.add_group("platform"))
    made = instance.add_project(project, build, visibility=project, shared_with=[instance.add_group("tools")])

    assert role_in_project(user, made) is role


def test_the_nearest_role_counts() -> None:
    """A role in the project itself goes before one in its group."""
    instance = Instance(SimulatedClock())
    project = instance.add_project("api", instance.add_group("platform"))
    user = User(9, "ann", roles={"platform": Role.GUEST, "platform/api": Role.MAINTAINER})

    assert role_in_project(user, project) is Role.MAINTAINER
    assert role_in_group(user, project.group) is Role.GUEST


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        pytest.param(_member("platform", Role.MAINTAINER), True, id="maintainer"),
        pytest.param(_member("platform"), False, id="reporter"),
        pytest.param(_member("tools", Role.MAINTAINER), False, id="maintainer elsewhere"),
    ],
)
def test_maintains(user: User, expected: bool) -> None:
    """A runner's maintainers are those of its groups and projects."""
    instance = Instance(SimulatedClock())

    assert maintains(user, instance.add_runner(groups=[instance.add_group("platform")])) is expected
