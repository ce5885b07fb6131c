"""What is known of each part of a source: its jobs, or why they could not be told, whoever asked last. Pure."""

import math
from collections.abc import Iterable, Mapping

from function.errors import GitLabError
from scaler.gitlab import Listing
from scaler.sweep import Unit


class Parts:
    """The parts of one source, by unit. A part is told, or has failed, or is not known yet."""

    def __init__(self) -> None:
        self.listings: dict[Unit, Listing] = {}
        self.failures: dict[Unit, GitLabError] = {}
        self._asked: dict[Unit, float] = {}

    @property
    def taken_at(self) -> float:
        """When the oldest part was asked for (monotonic)."""
        return min(listing.asked_at for listing in self.listings.values())

    def knows(self, unit: Unit) -> bool:
        """Whether the part was told or has failed."""
        return unit in self.listings or unit in self.failures

    def ask(self, unit: Unit, now: float) -> None:
        """Takes note that the part is asked for now (monotonic), whatever comes of it."""
        self._asked[unit] = now

    def order(self, units: Iterable[Unit]) -> list[Unit]:
        """The units as a round asks for them: new ones, which all wait for, then those not asked for longest."""
        return sorted(units, key=lambda unit: self._asked.get(unit, -math.inf))

    def tell(self, unit: Unit, listing: Listing) -> None:
        """Takes note of a part, unless it was told what was asked for later."""
        self.failures.pop(unit, None)
        if unit not in self.listings or self.listings[unit].asked_at <= listing.asked_at:
            self.listings[unit] = listing

    def told_in(self, unit: Unit, number: int) -> Listing | None:
        """The part, if it was asked for in that round, by whomever."""
        listing = self.listings.get(unit)
        return listing if listing is not None and listing.round == number else None

    def keep(self, units: Iterable[Unit]) -> None:
        """Forgets the parts that are no longer there."""
        there = set(units)
        self.listings = {unit: listing for unit, listing in self.listings.items() if unit in there}
        self.failures = {unit: error for unit, error in self.failures.items() if unit in there}
        self._asked = {unit: when for unit, when in self._asked.items() if unit in there}

    def after(self, failures: Mapping[Unit, GitLabError], number: int) -> "Parts":
        """What is left when parts have failed in the round of that number, unless they were told in it all the same.

        Where no part was told in that round, GitLab is away: then all stays as it was, and ages.
        """
        told = {unit for unit in self.listings if self.told_in(unit, number)}
        if not told:
            return self
        left = Parts()
        left._asked = self._asked
        left.failures = {**self.failures, **{unit: error for unit, error in failures.items() if unit not in told}}
        left.listings = {unit: listing for unit, listing in self.listings.items() if unit not in left.failures}
        return left
