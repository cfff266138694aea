"""Files of a flow that are read or written piece by piece: one message per file and direction when it is closed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netaudit.protocols.file_transfer.filebytes import FileBytes
from netaudit.protocols.message import Message

if TYPE_CHECKING:
    from collections.abc import Hashable

    from netaudit.core.contracts.ranges import Ranges

MOST = 4096  # open files of one flow that are remembered
HEADS = 512  # bytes in front of a piece that are its heads
TOGETHER = 96 << 20  # bytes of one flow's files held at a time; then the largest is given as it is


@dataclass(slots=True)
class Place:
    """Where in the stream a piece of a file lies."""

    direction: int
    start: int  # of the packet
    end: int
    body: int  # of the piece's first byte


@dataclass(slots=True)
class OpenFile:
    """An open file: what is known of it, and per direction what was seen."""

    path: str = ""
    size: int = -1  # when it was opened, -1 unknown
    fresh: bool = False  # made or emptied when opened
    latest_size: int = -1  # its size as said since, -1 not at all
    spread: str = ""  # names it over all connections of its session, where there may be several
    elsewhere: bool = False  # other connections are at hand: what was written here need not be all
    doubtful: bool = False  # while it was open a command was lost, which may have written more
    parts: dict[int, FileBytes] = field(default_factory=dict)
    places: dict[int, Place] = field(default_factory=dict)  # of all pieces of a direction together


class OpenFiles:
    """All open files of one flow."""

    def __init__(self, protocol: str) -> None:
        self.protocol = protocol
        self.files: dict[Hashable, OpenFile] = {}
        self.out: list[Message] = []
        self.consumed: list[tuple[int, int, int]] = []  # direction and span of pieces
        self.held = 0

    def opened(self, key: Hashable, path: str, size: int, *, fresh: bool, known_as: Hashable = None) -> None:
        """A file was opened; what was open under its key is closed. `known_as`: key of pieces that were seen before."""
        self.close(key)
        self._room()
        file = self.files.pop(known_as, None) or OpenFile()
        file.path, file.size, file.fresh = path, size, fresh
        self.files[key] = file

    def _room(self) -> None:
        while len(self.files) >= MOST:
            self.close(next(iter(self.files)))

    def piece(self, key: Hashable, place: Place, offset: int, data: memoryview, missing: Ranges) -> None:
        """Bytes of a file were moved; `missing`: ranges of `data` that were not captured."""
        file = self.files.get(key)
        if file is None:
            self._room()
            file = self.files[key] = OpenFile()
        part = file.parts.get(place.direction)
        if part is None:
            part = file.parts[place.direction] = FileBytes()
            file.places[place.direction] = Place(place.direction, place.start, place.end, place.body - offset)
        whole = file.places[place.direction]
        if place.body - offset != whole.body:
            whole.body = -1
        whole.end = place.end
        before, written = len(part.data), part.written
        part.write(offset, data, missing)
        if part.written > written:  # what is not kept is searched
            begin = place.start if place.body - place.start <= HEADS else place.body
            self.consumed.append((place.direction, begin, place.end))
        self.held += len(part.data) - before
        while self.held > TOGETHER:
            self._give_largest()

    def _give_largest(self) -> None:
        key = max(self.files, key=lambda key: sum(len(part.data) for part in self.files[key].parts.values()))
        file = self.files[key]
        self._give(file, cut=True)

    def note_size(self, key: Hashable, size: int) -> None:
        """How large a file is now was said."""
        file = self.files.get(key)
        if file is not None and 0 <= size < 1 << 63:
            file.latest_size = size

    def doubt(self) -> None:
        """Commands of the client were lost: they may have written to any open file."""
        for file in self.files.values():
            file.doubtful = True

    def close(self, key: Hashable) -> None:
        """A file was closed."""
        file = self.files.pop(key, None)
        if file is not None:
            self._give(file)

    def _give(self, file: OpenFile, *, cut: bool = False) -> None:
        for direction, part in file.parts.items():
            place = file.places[direction]
            message = Message(self.protocol, direction, place.start, place.end, method="READ" if direction else "WRITE")
            message.path = file.path
            message.file_name = file.path.replace("\\", "/").rpartition("/")[2]
            # what was there before, and was not written over, belongs to the file too
            known = not cut and max(file.size, file.latest_size) >= 0 and bool(direction or not file.doubtful)
            if not direction and file.elsewhere and file.latest_size < part.size:  # not told since, or not told at all
                known = False
            before = file.size if direction or not file.fresh else 0
            part.fill(message, max(before, file.latest_size, 0), known=known)
            if file.spread and not message.complete:
                size = max(file.size, file.latest_size) if direction else file.latest_size
                message.spread = (f"{file.spread}\0{message.method}", size)
            if cut:
                message.notes.append("limit: too much of open files held at a time")
            message.body_start = max(place.body, -1)
            self.held -= len(part.data)
            self.out.append(message)
        file.parts.clear()
        file.places.clear()

    def finish(self) -> None:
        """The flow has ended: close everything."""
        for key in list(self.files):
            self.close(key)

    def flush(self) -> list[Message]:
        """Messages made since the last call."""
        out, self.out = self.out, []
        return out

    def needed_from(self, direction: int, after: int) -> int:
        """First byte of the first open file of a direction."""
        return min((f.places[direction].start for f in self.files.values() if direction in f.places), default=after)
