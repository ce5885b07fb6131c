"""Connections to GitLab: one budget and some threads a credential, shared by all queries."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import urllib3

from function.errors import QueryDenied, QueryError
from scaler.budget import Budget
from scaler.calls import Calls
from scaler.credentials import Credentials
from scaler.gitlab import GitLab
from scaler.queries import Source
from scaler.transport import Transport
from scaler.values import shown

Observe = Callable[[str, str, int], None]
"""Told of every call: credential, GitLab's URL, status."""


class Connections:
    """Makes a GitLab for each source. A `caFile` must lie in `ca_folder`: metadata may not name other files."""

    def __init__(self, credentials: Credentials, ca_folder: Path, observe: Observe) -> None:
        self.budgets: dict[tuple[str, str], Budget] = {}
        self._credentials, self._ca_folder, self._observe = credentials, ca_folder, observe
        self._calls: dict[tuple[str, str, bool | str], Calls] = {}

    def gitlab(self, source: Source) -> GitLab:
        """The GitLab that `source` is asked of.

        Raises:
            QueryError: its caFile is not there, or it names an unknown credential.
        """
        return GitLab(self._calls_for(source, self._verify(source)), source.timeout, source.max_pages)

    def refresh(self) -> None:
        """Takes note of changed credentials: their tokens are read at each call, their pace here."""
        self._credentials.refresh()
        for (name, _), budget in self.budgets.items():
            with suppress(QueryDenied):  # it is gone: its calls will say so
                budget.set_pace(self._credentials.get(name).calls_per_minute)

    def close(self) -> None:
        """Lets go of every connection's threads."""
        for calls in self._calls.values():
            calls.close()

    def _calls_for(self, source: Source, verify: bool | str) -> Calls:
        name, url = source.credential, source.gitlab_url
        if (name, url, verify) not in self._calls:
            transport = Transport(url, lambda: self._token(source), verify)
            budget = self._budget(name, url)
            self._calls[name, url, verify] = Calls(transport, budget, lambda code: self._observe(name, url, code))
        return self._calls[name, url, verify]

    def _token(self, source: Source) -> str:
        """The token as it is now; QueryDenied if the credential no longer allows where it would be sent."""
        credential = self._credentials.get(source.credential)
        credential.check_source(source)
        return credential.token()

    def _budget(self, name: str, url: str) -> Budget:
        if (name, url) not in self.budgets:
            self.budgets[name, url] = Budget(self._credentials.get(name).calls_per_minute)
        return self.budgets[name, url]

    def _verify(self, source: Source) -> bool | str:
        if source.insecure:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # asked for, and logged once
            return False
        if not source.ca_file:
            return True
        path = Path(source.ca_file)
        inside = path.resolve().is_relative_to(self._ca_folder.resolve())
        if not inside or not path.is_file():
            raise QueryError(f"caFile: {shown(source.ca_file)} is not a file in the scaler's {self._ca_folder}")
        return str(path)
