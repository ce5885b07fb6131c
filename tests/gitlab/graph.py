"""GitLab's GraphQL API, as far as a job queue needs it (docs: api/graphql, api/graphql/reference).

Who is no admin gets an empty list of jobs and no error; a list for one runner is for admins and the runner's
maintainers. The wording of errors in the query itself is that of the library that parses it, not GitLab's.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import cast

from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema, build_schema, execute_sync, parse, validate

from tests.gitlab import complexity, nodes, user_shapes
from tests.gitlab.access import graphql_user
from tests.gitlab.calls import Answer, Call, Json, RefusalError, reply
from tests.gitlab.connection import Connection
from tests.gitlab.instance import Instance
from tests.gitlab.model import Job, Runner, Status, User
from tests.gitlab.roles import maintains
from tests.gitlab.version import Version

_SCHEMA = Path(__file__).with_name("schema.graphql")
_COMPATIBLE = "compatibleRunnerId: CiRunnerID\n"
_MAX_QUERY = 10_000
_ONLY_PENDING = 'compatibleRunnerId can only be used when the `statuses` argument is set to "PENDING"'


@cache
def schema(*, compatible_runner: bool) -> GraphQLSchema:
    """Return the schema; before GitLab 18.1 `jobs` did not know the argument compatibleRunnerId."""
    text = _SCHEMA.read_text(encoding="utf-8")
    return build_schema(text if compatible_runner else text.replace(_COMPATIBLE, ""))


class Graph:
    """The API on one instance."""

    def __init__(self, instance: Instance, version: Version) -> None:
        self._instance = instance
        self._version = version

    def answer(self, call: Call) -> Answer:
        """Return the answer to a query that was posted as JSON."""
        try:
            user = graphql_user(call, self._instance)
            asked = json.loads(call.body)
        except RefusalError as refusal:
            return refusal.answer
        except ValueError:
            return reply({"errors": [{"message": "Unexpected end of document"}]})
        query = str(asked.get("query") or "")
        if len(query) > _MAX_QUERY:
            return reply({"errors": [{"message": "Query too large"}]}, 422)
        return reply(self._result(query, asked.get("variables") or {}, asked.get("operationName"), user))

    def _result(self, query: str, variables: dict[str, object], operation: str | None, user: User | None) -> Json:
        known = schema(compatible_runner=self._version.compatible_runner)
        try:
            document = parse(query)
        except GraphQLError as error:
            return {"errors": [{"message": error.message}]}
        errors = validate(known, document)
        if errors:
            return {"errors": [{"message": error.message} for error in errors]}
        score, limit = complexity.score(document, variables), complexity.limit(user)
        if score > limit:
            message = f"Query has complexity of {score}, which exceeds max complexity of {limit}"
            return {"errors": [{"message": message}]}
        root = _Root(self._instance, self._version, user, score)
        found = execute_sync(known, document, root, variable_values=variables, operation_name=operation)
        return cast("Json", found.formatted)


class _Root:
    """The fields of Query: each method is called with the field's arguments."""

    def __init__(self, instance: Instance, version: Version, user: User | None, score: int) -> None:
        self._instance = instance
        self._user = user
        self.currentUser = None if user is None else nodes.user(user)
        self.metadata = user_shapes.metadata(version.name)
        self.queryComplexity = {"score": score, "limit": complexity.limit(user)}

    def jobs(self, _info: GraphQLResolveInfo[object], **arguments: object) -> Connection:
        names = cast("list[str] | None", arguments.get("statuses"))
        runner_id = arguments.get("compatibleRunnerId")
        if runner_id is not None and names != [Status.PENDING.name]:
            raise GraphQLError(_ONLY_PENDING)
        runner = self._runner(str(runner_id)) if runner_id is not None else None
        types = cast("list[str] | None", arguments.get("runnerTypes"))
        allowed = self._may_see(runner) and (runner_id is None or runner is not None)
        statuses = [Status[name] for name in names] if names is not None else list(Status)

        def read(after: int | None) -> Iterator[Job]:
            jobs = self._instance.jobs.walk(None, statuses if allowed else [], after=after)
            return (job for job in jobs if _wanted(job, runner, types))

        return Connection(read, self._instance.clock(), arguments)

    def _runner(self, global_id: str) -> Runner | None:
        number = global_id.removeprefix("gid://gitlab/Ci::Runner/")
        return self._instance.runners.get(int(number)) if number.isdigit() else None

    def _may_see(self, runner: Runner | None) -> bool:
        if self._user is None:
            return False
        return self._user.admin or (runner is not None and maintains(self._user, runner))


def _wanted(job: Job, runner: Runner | None, types: list[str] | None) -> bool:
    if runner is not None and not runner.matches(job):
        return False
    return types is None or (job.runner is not None and job.runner.type.upper() in types)
