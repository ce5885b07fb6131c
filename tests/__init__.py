"""The tests. A package, so that no `tests` of an installed distribution comes before it; its folders need none."""
