"""Where a replay stopped: a small file beside the recording."""

from pathlib import Path

import msgspec

from function.decoding import UNREADABLE
from function.errors import RecordingError


class Place(msgspec.Struct, frozen=True):
    """How many events of one replay are settled; `replay` tells which replay it is, by its selection and sink."""

    replay: str
    settled: int


class PlaceFile:
    """Keeps the place of the replay called `replay` of the recording at `path`."""

    def __init__(self, path: Path, replay: str) -> None:
        self._path = path.with_name(f"{path.name}.replayed")
        self._replay = replay

    def read(self) -> int:
        """How many events are settled; 0 for a new replay.

        Raises:
            RecordingError: the file belongs to another replay, or makes no sense.
        """
        try:
            place = msgspec.json.decode(self._path.read_bytes(), type=Place)
        except FileNotFoundError:
            return 0
        except UNREADABLE as error:
            raise RecordingError(f"{self._path} makes no sense ({error}): start anew with --restart") from error
        if place.replay != self._replay:
            raise RecordingError(
                f"{self._path} is of a replay that stopped with other options ({place.replay}): "
                "use the same, or start anew with --restart"
            )
        return place.settled

    def write(self, settled: int) -> None:
        """Notes how many are settled."""
        new = self._path.with_name(f"{self._path.name}.new")
        new.write_bytes(msgspec.json.encode(Place(self._replay, settled)))
        new.replace(self._path)

    def remove(self) -> None:
        """Forgets the place."""
        self._path.unlink(missing_ok=True)
