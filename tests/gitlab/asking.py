"""Ask a fake GitLab without HTTP: what most of its own tests do."""

import json
from typing import cast

from tests.gitlab.calls import Answer, Call, Json
from tests.gitlab.gitlab import GitLab


def get(fake: GitLab, path: str, *query: tuple[str, str], token: str | None = None) -> Answer:
    """Ask for a path below /api/v4 with the bot's token, or another; an empty one is none."""
    token = fake.token.value if token is None else token
    headers = {"private-token": token} if token else {}
    return fake.answer(Call("GET", f"/api/v4/{path}", query, headers))


def body(answer: Answer) -> Json:
    """Return the answer's JSON."""
    return cast("Json", json.loads(answer.body))


def ids(answer: Answer) -> list[object]:
    """Return the ids of a list."""
    return [item["id"] for item in cast("list[dict[str, Json]]", json.loads(answer.body))]


def ask(fake: GitLab, query: str, token: str | None = None, **variables: object) -> dict[str, Json]:
    """Post a query and return the answer's body; without a token it is the admin's."""
    return cast("dict[str, Json]", json.loads(post(fake, query, token or fake.admin.value, variables).body))


def post(fake: GitLab, query: str, token: str, variables: object = None) -> Answer:
    """Post a query; an empty token is an anonymous caller."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    body = json.dumps({"query": query, "variables": variables}).encode()
    return fake.answer(Call("POST", "/api/graphql", headers=headers, body=body))
