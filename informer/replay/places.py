"""How far a replay is, and the small file beside the recording that keeps it."""

import hashlib
from pathlib import Path

import msgspec

from function.decoding import UNREADABLE
from function.errors import RecordingError


class Place(msgspec.Struct, frozen=True):
    """How many events are settled, from the first on without a gap, and how many of those were refused.

    `digest` is the `Digest` of them: it tells whether what is replayed still begins with them.
    """

    settled: int = 0
    refused: int = 0
    digest: str = ""


class Digest:
    """A digest of events in their order."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, event: bytes) -> str:
        """The digest of all events up to this one, in hex."""
        self._hash.update(event + b"\n")
        return self._hash.hexdigest()


class _Kept(msgspec.Struct, frozen=True):
    """The file's content; `replay` tells which replay it is, by its selection and sink."""

    replay: str
    place: Place


class PlaceFile:
    """Keeps the place of the replay called `replay` of the recording at `path`; nothing if that is None."""

    def __init__(self, path: Path | None, replay: str) -> None:
        self._path = path and path.with_name(f"{path.name}.replayed")
        self._replay = replay

    def read(self) -> Place:
        """Where it stopped; the beginning for a new replay.

        Raises:
            RecordingError: the file cannot be read, belongs to another replay, or makes no sense.
        """
        if self._path is None:
            return Place()
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        except FileNotFoundError:
            return Place()
        except OSError as error:
            raise RecordingError(f"{self._path} cannot be read ({error.strerror})") from error
        except UNREADABLE as error:
            raise RecordingError(f"{self._path} makes no sense ({error}): start anew with --restart") from error
        if kept.replay != self._replay:
            raise RecordingError(
                f"{self._path} is of a replay that stopped with other options ({kept.replay}): "
                "use the same, or start anew with --restart"
            )
        return kept.place

    def write(self, place: Place) -> None:
        """Notes the place.

        Raises:
            RecordingError: the file cannot be written.
        """
        if self._path is None:
            return
        new = self._path.with_name(f"{self._path.name}.new")
        try:
            new.write_bytes(msgspec.json.encode(_Kept(self._replay, place)))
            new.replace(self._path)
        except OSError as error:
            raise RecordingError(
                f"{self._path} cannot be written ({error.strerror}), so the place could not be kept: "
                "copy the recording to a folder that can be written, or pipe it to /dev/stdin"
            ) from error

    def remove(self) -> None:
        """Forgets the place."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
