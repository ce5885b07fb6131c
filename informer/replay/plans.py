"""What a replay is going to do, settled before anything is sent."""

from dataclasses import dataclass

from function.errors import RecordingError
from informer.replay.options import ReplayOptions
from informer.replay.pipes import Recording
from informer.replay.places import Place, PlaceFile
from informer.replay.selection import Selection
from informer.replay.survey import Survey, survey


@dataclass(frozen=True, slots=True)
class Plan:
    """To send what was `found` in `recording` after `place`, and keep the place in `places`.

    `notes` are what a person should know first, a line each.
    """

    recording: Recording
    places: PlaceFile
    place: Place
    found: Survey
    notes: tuple[str, ...]


def planned(recording: Recording, options: ReplayOptions) -> Plan:
    """The plan for `options`.

    Raises:
        RecordingError: the recording or the place cannot be read, or there is nothing to send.
    """
    places = PlaceFile(recording.path if recording.kept else None, options.name)
    place = Place() if options.restart else places.read()
    found = survey(recording.events(), options.selection, place)
    if not found.total:
        raise RecordingError(_nothing(recording, options.selection, found))
    if not recording.kept:
        note = f"{recording.name} is no file that can be come back to: a replay of it that stops begins anew"
        return Plan(recording, places, place, found, (note,))
    if found.fits:
        return Plan(recording, places, place, found, ())
    note = f"{recording.name} is not what it was when a replay of it stopped: this one begins anew"
    return Plan(recording, places, Place(), found, (note,))


def _nothing(recording: Recording, selection: Selection, found: Survey) -> str:
    words = selection.words()
    if not words:
        return f"{recording.name} holds no event"
    timeless = f" (left out: {found.timeless} without a time)" if found.timeless else ""
    return f"{recording.name} has no event with {', '.join(words)}{timeless}"
