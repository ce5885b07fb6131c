"""Times and texts as the history has them."""

EIGHT = 1_795_507_200
"""2026-11-24T08:00:00Z, in seconds since 1970."""
NINE, TEN = EIGHT + 3600, EIGHT + 7200


def warm(**nodes: str | None) -> str:
    """The text of warm nodes, in the order given; a node's `_` stands for `-`, times are hours of that day."""
    members = (f'"{n.replace("_", "-")}":' + ("null" if t is None else f'"2026-11-24T{t}Z"') for n, t in nodes.items())
    return "{" + ",".join(members) + "}"
