"""What a GraphQL query costs, and how much one may cost.

Docs: api/graphql (limits): 200 for an anonymous caller, 250 for a user, 300 for an admin. A field costs 1 and what is
in it; a connection with a resolver costs 1 % more of that for each item that it may return. The field `queryComplexity`
costs 1, whatever is asked of it.
"""

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from tests.gitlab.connection import MAX_PAGE
from tests.gitlab.model import User

_PER_ITEM = 0.01
_CONNECTIONS = frozenset({"jobs"})

Variables = dict[str, object]


def limit(user: User | None) -> int:
    """Return the highest score that the caller's query may have."""
    if user is None:
        return 200
    return 300 if user.admin else 250


def score(document: DocumentNode, variables: Variables) -> int:
    """Return the query's score."""
    fragments = {it.name.value: it for it in document.definitions if isinstance(it, FragmentDefinitionNode)}
    operations = [it for it in document.definitions if isinstance(it, OperationDefinitionNode)]
    meter = _Meter(fragments, variables)
    return sum(meter.of(operation.selection_set) for operation in operations)


class _Meter:
    def __init__(self, fragments: dict[str, FragmentDefinitionNode], variables: Variables) -> None:
        self._fragments = fragments
        self._variables = variables

    def of(self, selections: SelectionSetNode | None) -> int:
        total = 0
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                total += self._field(node)
            elif isinstance(node, InlineFragmentNode):
                total += self.of(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                total += self.of(self._fragments[node.name.value].selection_set)
        return total

    def _field(self, node: FieldNode) -> int:
        if node.name.value == "queryComplexity":
            return 1
        cost = 1 + self.of(node.selection_set)
        return int(cost + cost * _PER_ITEM * self._items(node)) if node.name.value in _CONNECTIONS else cost

    def _items(self, node: FieldNode) -> int:
        sizes = [MAX_PAGE]
        for argument in node.arguments or ():
            if argument.name.value not in ("first", "last"):
                continue
            if isinstance(argument.value, IntValueNode):
                sizes.append(int(argument.value.value))
            elif isinstance(argument.value, VariableNode):
                value = self._variables.get(argument.value.name.value)
                sizes += [value] if isinstance(value, int) else []
        return min(sizes)
