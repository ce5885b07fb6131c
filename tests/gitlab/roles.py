"""What a user may do where (docs: user/permissions)."""

from collections.abc import Iterable

from tests.gitlab.model import Group, Project, Role, Runner, User


def role_in(user: User | None, lineage: Iterable[str], visibility: str = "private") -> Role | None:
    """Return the user's role in the nearest path of `lineage` where there is one; None: not to be seen."""
    if user is None:
        return Role.REPORTER if visibility == "public" else None
    if user.admin:
        return Role.MAINTAINER
    if user.auditor:
        return Role.REPORTER
    found = next((user.roles[path] for path in lineage if path in user.roles), None)
    return found or (None if visibility == "private" else Role.REPORTER)


def role_in_project(user: User | None, project: Project) -> Role | None:
    """Return the user's role in a project: direct, from its groups, or from a group it is shared with."""
    groups = [
        *project.group.lineage(),
        *(shared for group in project.shared_with for shared in group.lineage()),
    ]
    return role_in(user, [project.full_path, *(group.full_path for group in groups)], project.visibility)


def role_in_group(user: User | None, group: Group) -> Role | None:
    """Return the user's role in a group: direct or from its ancestors."""
    return role_in(user, [ancestor.full_path for ancestor in group.lineage()])


def maintains(user: User, runner: Runner) -> bool:
    """Say whether the user is maintainer of a project or group that the runner belongs to."""
    return any(user.roles.get(path) is Role.MAINTAINER for path in runner.scope)
