"""What the scaler's tests share."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scaler.transport import Transport
from tests.gitlab.certificates import Authority
from tests.gitlab.fixtures import Served
from tests.scaler.calling import TOKEN

Connect = Callable[..., Transport]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes transports to a fake GitLab, which then knows the token; closes them in the end."""
    with contextlib.ExitStack() as made:

        def one(served: Served, token: Callable[[], str] = lambda: TOKEN, verify: bool | str = True) -> Transport:
            served.gitlab.instance.add_token(served.gitlab.token.user, TOKEN)
            transport = Transport(served.url, token, verify)
            made.callback(transport.close)
            return transport

        yield one


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """A CA of the test's own."""
    return Authority(tmp_path / "ca")
