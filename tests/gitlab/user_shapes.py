"""Users as GitLab's REST API shows them (docs: api/users, get the current user), and what GitLab says of itself."""

from tests.gitlab.calls import Json
from tests.gitlab.model import User


def user(value: User, url: str) -> dict[str, Json]:
    """Return a user as a job carries it (docs: api/jobs)."""
    return {
        "id": value.id,
        "username": value.username,
        "name": value.username.title(),
        "state": "active",
        "locked": False,
        "avatar_url": None,
        "web_url": f"{url}/{value.username}",
        "created_at": "2015-12-21T13:14:24.077Z",
        "bio": "",
        "location": "",
        "public_email": "",
        "linkedin": "",
        "twitter": "",
        "discord": "",
        "website_url": "",
        "github": "",
        "job_title": "",
        "pronouns": None,
        "organization": "",
        "bot": False,
        "work_information": None,
        "followers": 0,
        "following": 0,
        "local_time": None,
    }


def current_user(value: User, url: str) -> dict[str, Json]:
    """Return the answer of `GET /user`; only an admin sees `is_admin` (docs: api/users)."""
    shape = {**user(value, url), "email": f"{value.username}@example.com"}
    return {**shape, "is_admin": True} if value.admin else shape


def metadata(version: str) -> dict[str, Json]:
    """Return the answer of `GET /metadata` (docs: api/metadata)."""
    return {
        "version": version,
        "revision": "00000000000",
        "kas": {"enabled": False, "externalUrl": None, "externalK8sProxyUrl": None, "version": None},
        "enterprise": version.endswith("-ee"),
    }
