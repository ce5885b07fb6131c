"""Fixtures around the fake GitLab, for every test folder: named as a plugin in tests/conftest.py."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.gitlab.gitlab import GitLab
from tests.gitlab.server import serve


class Served(NamedTuple):
    """A fake GitLab and the base URL that it answers on."""

    gitlab: GitLab
    url: str


@pytest.fixture
def gitlab() -> Iterator[Served]:
    """Serve an empty fake GitLab over HTTP on loopback; its clock stands still until a test moves it."""
    fake = GitLab()
    with serve(fake) as url:
        yield Served(fake, url)
