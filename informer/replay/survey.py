"""The first reading of a recording: what there is to send, before anything is sent."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from informer.replay.places import Digest, Place
from informer.replay.recordings import Event
from informer.replay.selection import Selection


@dataclass(slots=True)
class Survey:
    """`total` is how many events there are to send, `timeless` how many were left out because they have no time.

    `fits` is whether they begin with those that were settled at the place.
    """

    total: int
    timeless: int
    fits: bool


def survey(events: Iterable[Event], selection: Selection, place: Place) -> Survey:
    """What a replay of the selected events would go through from `place` on."""
    found = Survey(total=0, timeless=0, fits=place.settled == 0)
    digest = Digest()
    for event in selection.of(_noting_timeless(events, selection, found)):
        found.total += 1
        if found.total <= place.settled:
            upto = digest.add(msgspec.json.encode(event))
            found.fits = found.total == place.settled and upto == place.digest
    return found


def _noting_timeless(events: Iterable[Event], selection: Selection, found: Survey) -> Iterator[Event]:
    for event in events:
        found.timeless += selection.misses_time(event)
        yield event
