"""Connections to GitLab: one budget and some threads a credential, shared by all queries."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import urllib3

from function.errors import QueryDenied, QueryError
from scaler.budget import Budget
from scaler.calls import Calls
from scaler.credentials import Credentials
from scaler.failures import ca_file_error
from scaler.gitlab import GitLab
from scaler.queries import Source
from scaler.transport import Transport
from scaler.values import closest, shown

Observe = Callable[[str, str, int], None]
"""Told of every call: credential, GitLab's URL, status."""


_Line: TypeAlias = tuple[str, str, str, bool]


def _line(source: Source) -> _Line:
    """What calls have in common that may share threads and connections."""
    return (source.credential, source.gitlab_url, source.ca_file, source.insecure)


class Connections:
    """Makes a GitLab for each source. A `caFile` must lie in `ca_folder`: metadata may not name other files."""

    def __init__(self, credentials: Credentials, ca_folder: Path, observe: Observe) -> None:
        self.budgets: dict[tuple[str, str], Budget] = {}
        self._credentials, self._ca_folder, self._observe = credentials, ca_folder, observe
        self._calls: dict[_Line, Calls] = {}

    def gitlab(self, source: Source) -> GitLab:
        """The GitLab that `source` is asked of.

        Raises:
            QueryError: its caFile is not there, or it names an unknown credential.
        """
        return GitLab(self._calls_for(source, self._verify(source)), source.timeout, source.max_pages)

    def keep(self, sources: Iterable[Source]) -> None:
        """Lets go of the threads and connections that none of `sources` needs; the budgets stay as they are."""
        for line in self._calls.keys() - {_line(source) for source in sources}:
            self._calls.pop(line).close()

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
        name, url, line = source.credential, source.gitlab_url, _line(source)
        if line not in self._calls:
            transport = Transport(url, lambda: self._token(source), verify)
            self._calls[line] = Calls(transport, self._budget(name, url), lambda code: self._observe(name, url, code))
        return self._calls[line]

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
        if not self._usable(path):
            near = self._near(path.name)
            raise QueryError(f"caFile: {shown(source.ca_file)} is not a file in the scaler's {self._ca_folder}{near}")
        wrong = ca_file_error(source.ca_file)
        if wrong is not None:
            raise QueryError(wrong)
        return source.ca_file

    def _usable(self, path: Path) -> bool:
        """Whether it is a file in the CA folder, wherever its symbolic links lead."""
        return path.is_file() and path.resolve().is_relative_to(self._ca_folder.resolve())

    def _near(self, name: str) -> str:
        """The file in the CA folder whose name is most like `name`, as the end of an error."""
        files = [path.name for path in self._ca_folder.glob("*") if self._usable(path)]
        near = closest(name, files)
        return f"; did you mean {str(self._ca_folder / near)!r}?" if near else ""
